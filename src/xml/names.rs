//! Expanded names as numbers.

use std::hash::{BuildHasher, Hash, Hasher};

use rustc_hash::{FxBuildHasher, FxHashMap};

/// A namespace: index into [`Names`]. 0 is "no namespace".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct NamespaceId(pub(crate) u32);

impl NamespaceId {
    /// No namespace.
    pub(crate) const NONE: Self = Self(0);
    /// <http://www.w3.org/XML/1998/namespace>.
    pub(crate) const XML: Self = Self(1);
    /// <http://www.w3.org/2001/XMLSchema-instance>.
    pub(crate) const XSI: Self = Self(2);
}

/// The namespace of prefix `xml`.
pub(crate) const XML: &str = "http://www.w3.org/XML/1998/namespace";
/// The namespace of `xsi:type` and its kin.
pub(crate) const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
/// The namespace of XML Schema.
pub(crate) const XSD: &str = "http://www.w3.org/2001/XMLSchema";
/// The namespace of prefix `xmlns`.
pub(crate) const XMLNS: &str = "http://www.w3.org/2000/xmlns/";

/// The namespace of XML Signature.
pub(crate) const SIGNATURE: &str = "http://www.w3.org/2000/09/xmldsig#";

/// An expanded name: index into [`Names`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct NameId(pub(crate) u32);

impl NameId {
    /// One of very many names that no schema knows; they are not told apart.
    pub(crate) const OTHER: Self = Self(u32::MAX);
}

/// Numbers for namespaces and expanded names.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    namespaces: Vec<Box<str>>,
    by_uri: FxHashMap<Box<str>, NamespaceId>,
    names: Vec<(NamespaceId, Box<str>)>,
    slots: Vec<u32>,
}

/// Names and namespaces kept at most; what comes after is [`NameId::OTHER`].
const MOST: usize = 1 << 20;
const EMPTY: u32 = u32::MAX;

impl Default for Names {
    fn default() -> Self {
        let mut names = Self {
            namespaces: Vec::new(),
            by_uri: FxHashMap::default(),
            names: Vec::new(),
            slots: vec![EMPTY; 64],
        };
        for uri in ["", XML, XSI] {
            names.namespace(uri);
        }
        names
    }
}

fn hash(namespace: NamespaceId, local: &str) -> usize {
    let mut hasher = FxBuildHasher.build_hasher();
    namespace.0.hash(&mut hasher);
    local.hash(&mut hasher);
    hasher.finish() as usize
}

impl Names {
    /// The number of the namespace `uri`; past a limit all are taken for one that no one knows.
    pub(crate) fn namespace(&mut self, uri: &str) -> NamespaceId {
        if let Some(found) = self.by_uri.get(uri) {
            return *found;
        }
        if self.namespaces.len() >= MOST {
            return NamespaceId(u32::MAX);
        }
        let id = NamespaceId(self.namespaces.len() as u32);
        self.namespaces.push(uri.into());
        self.by_uri.insert(uri.into(), id);
        id
    }

    /// The number of the namespace, if it is known.
    pub(crate) fn find_namespace(&self, uri: &str) -> Option<NamespaceId> {
        self.by_uri.get(uri).copied()
    }

    /// The namespace of that number.
    pub(crate) fn uri(&self, id: NamespaceId) -> &str {
        self.namespaces.get(id.0 as usize).map_or("?", |uri| uri)
    }

    /// The number of a name, if it is known.
    pub(crate) fn find(&self, namespace: NamespaceId, local: &str) -> Option<NameId> {
        let mask = self.slots.len() - 1;
        let mut slot = hash(namespace, local) & mask;
        loop {
            let id = self.slots[slot];
            if id == EMPTY {
                return None;
            }
            let (of, name) = &self.names[id as usize];
            if *of == namespace && **name == *local {
                return Some(NameId(id));
            }
            slot = (slot + 1) & mask;
        }
    }

    /// The number of a name.
    pub(crate) fn name(&mut self, namespace: NamespaceId, local: &str) -> NameId {
        if let Some(found) = self.find(namespace, local) {
            return found;
        }
        if self.names.len() >= MOST {
            return NameId::OTHER;
        }
        if self.names.len() * 2 >= self.slots.len() {
            self.grow();
        }
        let id = self.names.len() as u32;
        self.names.push((namespace, local.into()));
        self.fill(id);
        NameId(id)
    }

    fn fill(&mut self, id: u32) {
        let (namespace, local) = &self.names[id as usize];
        let mask = self.slots.len() - 1;
        let mut slot = hash(*namespace, local) & mask;
        while self.slots[slot] != EMPTY {
            slot = (slot + 1) & mask;
        }
        self.slots[slot] = id;
    }

    fn grow(&mut self) {
        self.slots = vec![EMPTY; self.slots.len() * 2];
        for id in 0..self.names.len() as u32 {
            self.fill(id);
        }
    }

    /// Namespace and local part of a name.
    pub(crate) fn parts(&self, id: NameId) -> (NamespaceId, &str) {
        match self.names.get(id.0 as usize) {
            Some((namespace, local)) => (*namespace, local),
            None => (NamespaceId(u32::MAX), "?"),
        }
    }

    /// The local part of a name.
    pub(crate) fn local(&self, id: NameId) -> &str {
        self.parts(id).1
    }
}
