//! A schema, loaded and compiled.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::component::{AttributeUse, ComplexId, Components, Content, Element, ElementId, TypeId};
use super::content::Model;
use super::glance::Sequence;
use super::load::{Files, Set};
use super::simple::SimpleId;
use crate::finding::Code;
use crate::spec::xml::Message;
use crate::spec::{CodeSet, Specs};
use crate::xml::names::NameId;
use crate::{Error, Result};

/// What is made ready of a complex type when it is first met.
#[derive(Debug)]
pub(crate) struct Compiled {
    /// Its content model, where it has children.
    pub(crate) model: Option<Model>,
    /// The same, where it can be looked at quickly.
    pub(crate) sequence: Option<Sequence>,
    /// Its attributes by name.
    pub(crate) attributes: Vec<AttributeUse>,
    /// How many of them are required.
    pub(crate) required: usize,
    /// Whether one has a default or a fixed value.
    pub(crate) presets: bool,
}

/// A schema: one document or several, with all they include and import.
///
/// ```
/// use baowen::xml::{Options, Schema};
///
/// let schema = r#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
///   <xs:element name="Quantity" type="xs:positiveInteger"/>
/// </xs:schema>"#;
/// let schema = Schema::from_texts(&[("quantity.xsd", schema)])?;
/// let mut findings = Vec::new();
/// schema.check_slice(b"<Quantity>0</Quantity>", &Options::default(), &mut findings)?;
/// assert_eq!(findings[0].code.as_str(), "xsd-minimum");
/// # Ok::<(), baowen::Error>(())
/// ```
#[derive(Debug)]
pub struct Schema {
    pub(crate) components: Components,
    compiled: Vec<OnceLock<Compiled>>,
    /// Of each element: the type of its value, where that is all there is to check.
    leaves: Vec<Option<SimpleId>>,
    documents: Vec<String>,
    /// What a message of the specs adds.
    pub(crate) guide: Option<Guide>,
}

/// What a message of the specs adds to the schema that was made of it.
#[derive(Debug)]
pub(crate) struct Guide {
    /// Name and edition of the message.
    pub(crate) label: Box<str>,
    /// The root, for documents whose own has another name or namespace.
    pub(crate) root: ElementId,
    /// What is wrong with the root of the document for which it was made.
    pub(crate) remark: Option<Remark>,
    /// Tables that values are looked up in, each loaded when it is first asked.
    tables: Vec<(Box<str>, OnceLock<Arc<CodeSet>>)>,
    /// Of each element, its table.
    of: Vec<Option<u32>>,
    specs: Specs,
}

/// What is wrong with a root.
#[derive(Debug)]
pub(crate) struct Remark {
    pub(crate) code: Code,
    /// The namespace that is not the message's.
    pub(crate) namespace: Box<str>,
    pub(crate) expected: Box<str>,
}

impl Guide {
    /// Whether values of an element are looked up in a table.
    pub(crate) fn has_table(&self, element: ElementId) -> bool {
        self.of[element.0 as usize].is_some()
    }

    /// The table that lacks the value of an element.
    pub(crate) fn lacks(&self, element: ElementId, value: &str) -> Option<&str> {
        self.of_table(self.of[element.0 as usize]?, value)
    }

    /// The same of an attribute, whose table is named.
    pub(crate) fn lacks_in(&self, table: &str, value: &str) -> Option<&str> {
        let at = self.tables.iter().position(|(held, _)| **held == *table)?;
        self.of_table(at as u32, value)
    }

    /// What a value is called that tables lack.
    pub(crate) fn lacking(&self, tables: &str) -> crate::finding::Code {
        self.specs.lacking(tables)
    }

    /// Codes of tables that a value may have been meant as.
    pub(crate) fn near(&self, tables: &str, value: &str) -> String {
        self.specs.near_codes(tables, value)
    }

    fn of_table(&self, at: u32, value: &str) -> Option<&str> {
        let (name, set) = &self.tables[at as usize];
        let set = set.get_or_init(|| {
            // A table that is not held lacks nothing.
            let found = self.specs.table_codes(name);
            found.map(|(set, _)| set).unwrap_or_default()
        });
        let lacks = !value.is_empty() && !set.is_empty() && !set.contains(value.as_bytes());
        lacks.then_some(name)
    }
}

impl Schema {
    /// Loads the schema in a file. What it includes and imports must lie in the folder of the file,
    /// or in the folder above and what is below that; nothing is ever fetched.
    ///
    /// # Errors
    /// When a file cannot be read, or the schema is not valid, with file, line and column.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        Self::load_all(&[path])
    }

    /// Loads several files as one schema.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_all(paths: &[impl AsRef<Path>]) -> Result<Self> {
        let mut root: Option<PathBuf> = None;
        let mut keys = Vec::new();
        for path in paths {
            let path = path.as_ref();
            let real = path
                .canonicalize()
                .map_err(|error| Error::io(path, error))?;
            let folder = real.parent().unwrap_or(&real);
            // Packages keep common parts in a folder beside that of their messages.
            let above = folder.parent().unwrap_or(folder);
            root = Some(match root {
                None => above.to_owned(),
                Some(root) => common(&root, above),
            });
            keys.push(real.to_string_lossy().into_owned());
        }
        let root = root.ok_or_else(|| Error::misuse("no schema named"))?;
        Self::build(Set::new(Files::Folder(root)), &keys)
    }

    /// Makes a schema of texts with their names; the first is where it begins.
    ///
    /// # Errors
    /// When the schema is not valid.
    pub fn from_texts(texts: &[(&str, &str)]) -> Result<Self> {
        let first = texts
            .first()
            .ok_or_else(|| Error::misuse("no schema named"))?;
        let keys = vec![first.0.to_owned()];
        let files = texts
            .iter()
            .map(|(name, text)| ((*name).to_owned(), text.as_bytes().into()));
        Self::build(Set::new(Files::Memory(files.collect())), &keys)
    }

    fn build(mut set: Set, keys: &[String]) -> Result<Self> {
        for key in keys {
            set.load(key)?;
        }
        let components = super::build::build(&set)?;
        let compiled = components
            .complexes
            .iter()
            .map(|_| OnceLock::new())
            .collect();
        let documents = set.loaded.iter().map(|loaded| loaded.document.name.clone());
        let elements = components.elements.iter();
        let leaves = elements.map(|element| leaf(&components, element)).collect();
        Ok(Self {
            compiled,
            leaves,
            documents: documents.collect(),
            guide: None,
            components,
        })
    }

    /// The schema of a message of the specs, for documents with that root, whose elements are in
    /// the namespace `inside`: they are held against the message even where these are others.
    pub(crate) fn of_message(
        specs: &Specs,
        message: &Message,
        (namespace, local): (&str, &str),
        inside: &str,
    ) -> Result<Self> {
        let codes = |table: &str| specs.table_list(table);
        let id = message.id();
        let made = |inside: &str| -> Result<(Self, ElementId)> {
            let text = message.to_checked_xsd(inside, &codes)?;
            let schema = Self::from_texts(&[(&id, &text)])?;
            let root = schema.root(inside, &message.root.tag);
            let root = root.ok_or_else(|| Error::misuse("a message has a root"))?;
            Ok((schema, root))
        };
        let (mut schema, root) = match made(inside) {
            // Documents may name any namespace, also what no schema can be for.
            Err(_) if !inside.is_empty() => made("")?,
            made => made?,
        };
        let foreign = [namespace, inside];
        let foreign = foreign.iter().find(|of| !message.allows_namespace(of));
        let remark = if *local != *message.root.tag {
            Some(Remark {
                code: Code::XML_MESSAGE_ROOT,
                namespace: namespace.into(),
                expected: message.root.tag.clone(),
            })
        } else {
            foreign.map(|foreign| Remark {
                code: Code::XML_MESSAGE_NAMESPACE,
                namespace: (*foreign).into(),
                expected: message.namespaces.join(", ").into(),
            })
        };
        let mut tables: Vec<(Box<str>, OnceLock<_>)> = Vec::new();
        let elements = schema.components.elements.iter();
        let of = elements.map(|element| {
            let table = element.table.as_ref()?;
            let known = tables.iter().position(|(held, _)| held == table);
            let at = known.unwrap_or_else(|| {
                tables.push((table.clone(), OnceLock::new()));
                tables.len() - 1
            });
            Some(at as u32)
        });
        let of = of.collect();
        let complexes = schema.components.complexes.iter();
        let attributes = complexes.flat_map(|complex| &complex.attributes);
        for table in attributes.filter_map(|attribute| attribute.table.as_ref()) {
            if tables.iter().all(|(held, _)| held != table) {
                tables.push((table.clone(), OnceLock::new()));
            }
        }
        schema.guide = Some(Guide {
            label: id.into(),
            root,
            remark,
            tables,
            of,
            specs: specs.clone(),
        });
        Ok(schema)
    }

    /// The names of its documents, as they were loaded.
    #[must_use]
    pub fn documents(&self) -> &[String] {
        &self.documents
    }

    /// Namespace and local name of each element that a document may begin with, sorted.
    #[must_use]
    pub fn roots(&self) -> Vec<(&str, &str)> {
        let names = &self.components.names;
        let roots = self.components.global_elements.iter();
        let roots = roots.filter(|(_, id)| !self.components.element(**id).is_abstract);
        let mut roots: Vec<_> = roots
            .map(|(name, _)| {
                let (namespace, local) = names.parts(*name);
                (names.uri(namespace), local)
            })
            .collect();
        roots.sort_unstable();
        roots
    }

    /// Whether a document may begin with that element.
    #[must_use]
    pub fn has_root(&self, namespace: &str, local: &str) -> bool {
        self.root(namespace, local).is_some()
    }

    pub(crate) fn root(&self, namespace: &str, local: &str) -> Option<ElementId> {
        let names = &self.components.names;
        let name = names.find(names.find_namespace(namespace)?, local)?;
        self.components.global_elements.get(&name).copied()
    }

    pub(crate) fn leaf(&self, id: ElementId) -> Option<SimpleId> {
        self.leaves[id.0 as usize]
    }

    pub(crate) fn compiled(&self, id: ComplexId) -> &Compiled {
        self.compiled[id.0 as usize].get_or_init(|| {
            let complex = self.components.complex(id);
            let model = match &complex.content {
                Content::Children { particle, .. } => {
                    Some(Model::compile(&self.components, particle))
                }
                _ => None,
            };
            let sequence = Sequence::of(&self.components, complex);
            let mut attributes = complex.attributes.clone();
            attributes.sort_by_key(|attribute| attribute.name);
            Compiled {
                model,
                sequence,
                required: attributes
                    .iter()
                    .filter(|attribute| attribute.required)
                    .count(),
                presets: attributes
                    .iter()
                    .any(|attribute| attribute.preset.is_some()),
                attributes,
            }
        })
    }

    pub(crate) fn global_type(&self, name: NameId) -> Option<TypeId> {
        self.components.global_types.get(&name).copied()
    }
}

/// The folder that two folders have in common.
fn common(a: &Path, b: &Path) -> PathBuf {
    let parts = a.components().zip(b.components());
    parts.take_while(|(a, b)| a == b).map(|(a, _)| a).collect()
}

/// The type of an element's value, where an element without attributes has nothing else to check:
/// no default, no required attribute, and values that mean nothing to the document.
fn leaf(components: &Components, element: &Element) -> Option<SimpleId> {
    let bare = match element.of {
        TypeId::Simple(_) => true,
        TypeId::Complex(complex) => {
            let complex = components.complex(complex);
            !complex.is_abstract && !complex.attributes.iter().any(|of| of.required)
        }
    };
    let simple = components.value_type(element.of)?;
    let plain = !components.simples.has_identity(simple) && !components.simples.has_names(simple);
    (bare && plain && !element.is_abstract && element.preset.is_none()).then_some(simple)
}
