//! Groups of the target that are put together by keys.

use std::hash::{Hash, Hasher};

use rustc_hash::{FxHashMap, FxHasher};

/// Groups by the loop that writes them, the group around them and their key.
#[derive(Debug, Default)]
pub(super) struct Keys {
    /// The last entry of a hash.
    last: FxHashMap<u64, u32>,
    entries: Vec<Entry>,
    text: String,
    /// Memory for the next key.
    spare: String,
}

#[derive(Debug)]
struct Entry {
    hash: u64,
    /// The entry before it of the same hash.
    before: Option<u32>,
    keyed: u32,
    around: u32,
    /// Where the key begins; it ends where that of the next begins.
    begin: usize,
    base: u32,
}

fn hash(keyed: u32, around: u32, key: &str) -> u64 {
    let mut hasher = FxHasher::default();
    (keyed, around, key).hash(&mut hasher);
    hasher.finish()
}

impl Keys {
    pub(super) fn clear(&mut self) {
        self.last.clear();
        self.entries.clear();
        self.text.clear();
    }

    /// An empty text, to make a key in.
    pub(super) fn take(&mut self) -> String {
        std::mem::take(&mut self.spare)
    }

    /// A key that is not needed any more.
    pub(super) fn put_back(&mut self, mut key: String) {
        key.clear();
        self.spare = key;
    }

    pub(super) fn find(&self, keyed: u32, around: u32, key: &str) -> Option<u32> {
        let mut at = self.last.get(&hash(keyed, around, key)).copied();
        while let Some(found) = at {
            let entry = &self.entries[found as usize];
            let next = self.entries.get(found as usize + 1);
            let end = next.map_or(self.text.len(), |next| next.begin);
            if (entry.keyed, entry.around) == (keyed, around) && self.text[entry.begin..end] == *key
            {
                return Some(entry.base);
            }
            at = entry.before;
        }
        None
    }

    pub(super) fn add(&mut self, keyed: u32, around: u32, key: String, base: u32) {
        let hash = hash(keyed, around, &key);
        let before = self.last.insert(hash, self.entries.len() as u32);
        self.entries.push(Entry {
            hash,
            before,
            keyed,
            around,
            begin: self.text.len(),
            base,
        });
        self.text.push_str(&key);
        self.put_back(key);
    }

    /// Forgets what was added last, as far as it stands in groups from the node `nodes` on, which are
    /// given back.
    pub(super) fn forget(&mut self, nodes: u32) {
        while let Some(entry) = self.entries.pop_if(|entry| entry.around >= nodes) {
            match entry.before {
                Some(before) => self.last.insert(entry.hash, before),
                None => self.last.remove(&entry.hash),
            };
            self.text.truncate(entry.begin);
        }
    }
}
