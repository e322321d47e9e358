//! Maps: whatever their source is, a translation ends with findings and no panic, and finds and writes
//! the same however the source comes.

use std::cell::RefCell;
use std::io::{Read, Write};
use std::rc::Rc;
use std::sync::{Arc, OnceLock};

use baowen::finding::{Finding, Syntax};
use baowen::map::{Direction, Map, Options, Totals, Translator};
use baowen::spec::Specs;

/// All maps that ship, by their names.
pub(crate) fn maps() -> &'static [Arc<Map>] {
    static MAPS: OnceLock<Vec<Arc<Map>>> = OnceLock::new();
    MAPS.get_or_init(|| {
        let specs = Specs::base();
        let all = specs.maps().unwrap();
        let maps = all.iter().map(|listed| specs.map(&listed.name).unwrap());
        maps.collect()
    })
}

/// The first byte chooses a map, the second a direction, how the source is written and how it comes; the
/// rest is the source.
pub(crate) fn run(data: &[u8]) {
    let [which, how, source @ ..] = data else {
        return;
    };
    let map = &maps()[usize::from(*which) % maps().len()];
    let direction = match how & 1 {
        0 => Direction::Forth,
        _ => Direction::Back,
    };
    let all = [Syntax::Edifact, Syntax::Xml, Syntax::Json, Syntax::Flat];
    let from = all[usize::from(how >> 1 & 3)];
    translate(map, direction, from, source, usize::from(how >> 3) + 1);
}

/// Translates a source at once and in pieces of `piece` bytes.
pub(crate) fn translate(
    map: &Arc<Map>,
    direction: Direction,
    from: Syntax,
    source: &[u8],
    piece: usize,
) {
    if !map.runs(direction) {
        return;
    }
    let mut options = Options {
        now: Some("20261125093000".into()),
        // Sources are small: the limit is met too.
        least_memory: 16 << 10,
        ..Options::default()
    };
    for param in map.params() {
        if param.must(direction) {
            options = options.with_param(param.name, "1");
        }
    }
    let translator = Translator::new(map, direction, options).unwrap();
    let (totals, findings, outputs) = translated(&translator, from, source);
    for finding in &findings {
        let end = finding.span.start + finding.span.len;
        assert!(end <= source.len() as u64, "{finding:?}");
    }
    let pieces = Pieces { source, piece };
    let again = translated(&translator, from, pieces);
    assert_eq!((totals, outputs), (again.0, again.2), "{}", map.name());
    assert_eq!(findings, again.1, "{}", map.name());
}

/// What a translator writes of a source, and what it finds.
#[allow(dead_code, reason = "not every user of this body asks for it")]
pub(crate) fn outputs(
    translator: &Translator,
    from: Syntax,
    source: &[u8],
) -> (Vec<Vec<u8>>, Vec<Finding>) {
    let (_, findings, outputs) = translated(translator, from, source);
    (outputs, findings)
}

fn translated(
    translator: &Translator,
    from: Syntax,
    source: impl Read,
) -> (Totals, Vec<Finding>, Vec<Vec<u8>>) {
    let kept = Kept::default();
    let mut findings: Vec<Finding> = Vec::new();
    let mut outputs = |_: u64| -> baowen::Result<Box<dyn Write>> {
        kept.0.borrow_mut().push(Vec::new());
        let at = kept.0.borrow().len() - 1;
        Ok(Box::new(Output(kept.clone(), at)))
    };
    let totals = translator
        .read(source, from, &mut outputs, &mut findings)
        .unwrap();
    (totals, findings, kept.0.take())
}

#[derive(Clone, Default)]
struct Kept(Rc<RefCell<Vec<Vec<u8>>>>);

struct Output(Kept, usize);

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.0.borrow_mut()[self.1].extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Gives a few bytes at a time.
struct Pieces<'s> {
    source: &'s [u8],
    piece: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let len = self.source.len().min(buffer.len()).min(self.piece);
        buffer[..len].copy_from_slice(&self.source[..len]);
        self.source = &self.source[len..];
        Ok(len)
    }
}
