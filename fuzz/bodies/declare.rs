//! Services: whatever an entry is, declaring it ends with findings and no panic; what is no JSON at all
//! is an error, and all that is found lies within the entry.

use std::sync::OnceLock;

use baowen::declare::{Declarer, Options, system, systems};
use baowen::finding::Finding;
use baowen::spec::Specs;

/// All services that ship, by their names.
pub(crate) fn services() -> &'static [Declarer] {
    static SERVICES: OnceLock<Vec<Declarer>> = OnceLock::new();
    SERVICES.get_or_init(|| {
        let specs = Specs::base();
        let mut services = Vec::new();
        for listed in systems(&specs).unwrap() {
            for strict in [false, true] {
                let system = system(&specs, &listed.name).unwrap();
                let open = system.params.iter().filter(|param| param.default.is_none());
                let params = open.map(|param| (param.name.clone(), "1".into()));
                let options = Options {
                    params: params.collect(),
                    strict,
                    ..Options::default()
                };
                services.push(Declarer::new(&specs, system, options).unwrap());
            }
        }
        services
    })
}

/// The first byte chooses a service; the rest is the entry.
pub(crate) fn run(data: &[u8]) {
    let [which, entry @ ..] = data else {
        return;
    };
    let services = services();
    declare(&services[usize::from(*which) % services.len()], entry);
}

/// Declares an entry.
pub(crate) fn declare(service: &Declarer, entry: &[u8]) {
    let mut findings: Vec<Finding> = Vec::new();
    let mut written = 0;
    let declared = service.declare(
        entry,
        &mut |sent| {
            let odd = |c: char| matches!(c, '/' | '\\' | ':' | '\0');
            assert!(!sent.file.contains(odd), "{}", sent.file);
            written += u64::from(sent.bytes.is_some());
            Ok(())
        },
        &mut findings,
    );
    let Ok(totals) = declared else {
        return;
    };
    assert_eq!(totals.messages, written);
    let told = totals.errors + totals.warnings + totals.hints;
    assert_eq!(told, findings.len() as u64);
    for finding in &findings {
        let end = finding.span.start + finding.span.len;
        assert!(end <= entry.len() as u64, "{finding:?}");
    }
}
