//! What is known to be wrong in published files: `patches.txt`, each with its reason.

/// The patches.
#[derive(Debug, Default)]
pub(super) struct Patches {
    rows: Vec<Vec<String>>,
}

impl Patches {
    /// Those that ship.
    pub(super) fn shipped() -> Self {
        let rows = include_str!("patches.txt")
            .lines()
            .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
            .map(|line| line.split('\t').map(str::to_owned).collect())
            .collect();
        Self { rows }
    }

    fn find<'a>(
        &'a self,
        kind: &'a str,
        release: &'a str,
        id: &'a str,
    ) -> impl Iterator<Item = &'a Vec<String>> {
        self.rows.iter().filter(move |row| {
            row.len() >= 3 && row[0] == kind && row[1] == release && row[2] == id
        })
    }

    /// The text that takes the place of a line of a segment table.
    pub(super) fn table_line(&self, release: &str, message: &str, text: &str) -> Option<String> {
        let position = text.split_whitespace().next()?;
        let row = self
            .find("line", release, message)
            .find(|row| row.get(3).is_some_and(|at| at == position))?;
        row.get(4).cloned()
    }

    /// Whether the drawing of a message is not to be checked against its closing corners.
    pub(super) fn drawing_is_broken(&self, release: &str, message: &str) -> bool {
        self.find("drawing", release, message).next().is_some()
    }

    /// Whether a hyphen in front of an entry means that it is deleted.
    pub(super) fn marks_deletions(&self, release: &str) -> bool {
        self.find("deletes", release, "*").next().is_some()
    }

    /// Whether the group numbers of a message are not to be trusted.
    pub(super) fn numbers_are_wrong(&self, release: &str, message: &str) -> bool {
        self.find("numbers", release, message).next().is_some()
    }

    /// Whether a difference between a segment's or composite's component and its definition is
    /// known.
    pub(super) fn is_known(&self, release: &str, id: &str, component: &str) -> bool {
        self.find("differs", release, id).any(|row| {
            row.get(3)
                .is_some_and(|known| known == component || known == "*")
        })
    }
}
