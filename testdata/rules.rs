//! Rules: samples, load errors, layers, joins, and what a check finds by them.

use baowen::rule::{Options, Rules};
use baowen::spec::Specs;

#[test]
fn every_sample_is_as_it_says() {
    let rules = Rules::load(&Specs::base(), Options::default()).unwrap();
    let mut wrong = Vec::new();
    for id in rules.ids().map(str::to_owned).collect::<Vec<_>>() {
        match rules.try_samples(&id) {
            Ok(count) => assert!(count >= 2, "{id}"),
            Err(error) => wrong.push(error.to_string()),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
