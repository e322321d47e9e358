//! Groups of the target that are put together by keys.

use std::hash::{Hash, Hasher};

use rustc_hash::{FxHashMap, FxHasher};

/// Groups by the loop that writes them, the group around them and their key.
#[derive(Debug, Default)]
pub(super) struct Keys {
    /// The last entry of a hash, of the entries before `near`.
    last: FxHashMap<u64, u32>,
    entries: Vec<Entry>,
    /// Those from here on are looked through one by one.
    near: usize,
    text: String,
    /// Memory for the next key.
    spare: String,
}

#[derive(Debug)]
struct Entry {
    hash: u64,
    /// The entry before it of the same hash, as long as it is not one of those that are near.
    before: Option<u32>,
    keyed: u32,
    around: u32,
    /// Where the key begins; it ends where that of the next begins.
    begin: usize,
    base: u32,
}

/// Entries that are looked through one by one, at most.
const FEW: usize = 16;

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
        self.near = 0;
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
        let hash = hash(keyed, around, key);
        let same = |at: usize| {
            let entry = &self.entries[at];
            let next = self.entries.get(at + 1);
            let end = next.map_or(self.text.len(), |next| next.begin);
            (entry.hash, entry.keyed, entry.around) == (hash, keyed, around)
                && self.text[entry.begin..end] == *key
        };
        if let Some(at) = (self.near..self.entries.len()).rev().find(|at| same(*at)) {
            return Some(self.entries[at].base);
        }
        if self.near == 0 {
            return None;
        }
        let mut at = self.last.get(&hash).copied();
        while let Some(found) = at {
            let entry = &self.entries[found as usize];
            if same(found as usize) {
                return Some(entry.base);
            }
            at = entry.before;
        }
        None
    }

    pub(super) fn add(&mut self, keyed: u32, around: u32, key: String, base: u32) {
        if self.entries.len() - self.near == FEW {
            for at in self.near..self.entries.len() {
                let entry = &mut self.entries[at];
                entry.before = self.last.insert(entry.hash, at as u32);
            }
            self.near = self.entries.len();
        }
        self.entries.push(Entry {
            hash: hash(keyed, around, &key),
            before: None,
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
            if self.entries.len() < self.near {
                self.near = self.entries.len();
                match entry.before {
                    Some(before) => self.last.insert(entry.hash, before),
                    None => self.last.remove(&entry.hash),
                };
            }
            self.text.truncate(entry.begin);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Keys;

    #[test]
    fn keys_are_found_near_and_far_and_forgotten() {
        let mut keys = Keys::default();
        let key = |nth: u32| format!("KEY{nth}");
        for nth in 0..100 {
            keys.add(nth % 2, nth / 10, key(nth), nth);
        }
        for nth in 0..100 {
            assert_eq!(keys.find(nth % 2, nth / 10, &key(nth)), Some(nth));
            assert_eq!(keys.find((nth + 1) % 2, nth / 10, &key(nth)), None);
            assert_eq!(keys.find(nth % 2, 10, &key(nth)), None);
        }
        keys.forget(3);
        for nth in 0..100 {
            let held = (nth < 30).then_some(nth);
            assert_eq!(keys.find(nth % 2, nth / 10, &key(nth)), held);
        }
        keys.add(0, 3, key(30), 7);
        assert_eq!(keys.find(0, 3, &key(30)), Some(7));
        keys.forget(0);
        assert_eq!(keys.find(0, 0, &key(0)), None);
    }
}
