//! What rules across documents say of an entry: its messages against each other and against documents
//! of others.

use super::entry::Entry;
use super::run::Run;
use crate::Result;
use crate::convert::Format;
use crate::finding::{Code, Finding, Related, Severity, Syntax};
use crate::map::Direction;

impl Run<'_> {
    /// Judges the rules across documents, and tells what concerns the messages.
    pub(super) fn across(&mut self, entry: &Entry<'_>) -> Result<()> {
        let mut found: Vec<(Box<str>, Finding)> = Vec::new();
        let rules = self.of.rules();
        self.totals.not_evaluated +=
            rules.finish(&mut |file, finding| found.push((file.into(), finding)))?;
        for (file, finding) in found {
            self.of_both(entry, &file, finding);
        }
        Ok(())
    }

    /// Takes a finding of a rule across documents as one about the entry: of what one of its messages
    /// says, or of a document of others that has no counterpart in them.
    fn of_both(&mut self, entry: &Entry<'_>, file: &str, mut finding: Finding) {
        let mut places = vec![Related {
            file: Some(file.into()),
            span: finding.span,
            path: finding.place.path.clone(),
            code: Code::COMPARED_HERE,
        }];
        for mut related in std::mem::take(&mut finding.related) {
            related.file.get_or_insert_with(|| file.into());
            places.push(related);
        }
        let own = |of: &Related| {
            let file = of.file.as_deref().unwrap_or_default();
            self.written.iter().position(|held| held.file == *file)
        };
        let at = places.iter().enumerate();
        let at = at.filter_map(|(at, place)| Some((at, own(place)?))).next();
        match at {
            Some((at, held)) => {
                let mut place = places.remove(at);
                let written = &mut self.written[held];
                written.refused |= finding.severity == Severity::Error;
                let path = place.path.as_deref().unwrap_or_default();
                let syntax = match written.ready.map.format(Direction::Forth) {
                    Format::Edifact => Syntax::Edifact,
                    Format::Flat => Syntax::Flat,
                    Format::Xml => Syntax::Xml,
                    Format::Json | Format::JsonLines => Syntax::Json,
                };
                let origin = written
                    .ready
                    .origins
                    .of(path, None, syntax, &written.traces);
                entry.tell_of(&mut finding, &origin.path, written.target());
                place.code = Code::ENTRY_MESSAGE;
                places.insert(0, place);
            }
            // Documents of others that disagree with each other.
            None if places.len() > 1 => return,
            None => entry.tell_of(&mut finding, "", &entry.root),
        }
        finding.related = places;
        self.take(finding);
    }
}
