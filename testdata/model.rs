//! The spec model holds what all syntaxes need: an EDIFACT message, an XML schema with recursion
//! and choice, and a flat layout are loaded into it; a folder of the user's is layered over it.

use baowen::sequence::{Limits, Plan, Sequencer, pack_tag};
use baowen::spec::model::{Class, Content, Model, Node, Particle, Role, Simple, Type};
use baowen::spec::{Home, Specs};
use baowen::xml::Schema;

#[test]
fn an_edifact_message() {
    let specs = Specs::base();
    let release = specs.releases().find("D95B").unwrap();
    let spec = specs
        .message("BAPLIE", Home::Edifact(release), 2)
        .unwrap()
        .unwrap();
    let root = &spec.model.roots()[0];
    assert_eq!((&*root.name, root.role), ("M_BAPLIE", Role::Message));
    let plan = Plan::new(&spec.model).unwrap();
    assert_eq!(plan.groups().len(), 5);
    let loc: Vec<_> = plan
        .positions()
        .iter()
        .filter(|position| &*position.tag == "LOC")
        .collect();
    assert_eq!(loc.len(), 3);
    assert_eq!(loc[1].identified_by.as_ref().unwrap().1, ["147".into()]);
}

#[test]
fn a_schema_with_recursion_and_choice() {
    let schema = r#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
          <xs:complexType name="Consignment">
            <xs:sequence>
              <xs:element name="Id" type="xs:string"/>
              <xs:choice minOccurs="0">
                <xs:element name="Master" type="xs:string"/>
                <xs:element name="House" type="xs:string" maxOccurs="99"/>
              </xs:choice>
              <xs:element name="Consignment" type="Consignment" minOccurs="0" maxOccurs="unbounded"/>
            </xs:sequence>
          </xs:complexType>
          <xs:element name="Manifest" type="Consignment"/>
        </xs:schema>"#;
    let schema = Schema::from_texts(&[("manifest.xsd", schema)]).unwrap();
    let model = schema.model();
    let root = &model.roots()[0];
    assert_eq!(&*root.name, "Manifest");
    let Content::Children(Particle::Sequence(items)) = &model.get(root.of).content else {
        panic!("a sequence")
    };
    let Particle::Repeat {
        min: 0,
        max: Some(1),
        of,
    } = &items[1]
    else {
        panic!("an optional choice")
    };
    assert!(matches!(&**of, Particle::Choice(choices) if choices.len() == 2));
    let Particle::Repeat {
        min: 0,
        max: None,
        of,
    } = &items[2]
    else {
        panic!("a repetition without bound")
    };
    let Particle::Node(inner) = &**of else {
        panic!("a node")
    };
    assert_eq!(inner.of, root.of, "a cycle");
    // What segments cannot be placed against is refused, not ignored.
    assert!(Plan::new(&model).is_err());
}

#[test]
fn a_flat_layout() {
    let mut model = Model::new();
    let mut field = |name: &str, class: Class, max: u32| {
        let simple = Simple {
            class,
            min: 0,
            max: Some(max),
            decimals: None,
            codes: None,
            patterns: Vec::new(),
        };
        let of = model.add(Type::new(name, Content::Value(simple)));
        let node = Node {
            name: name.into(),
            namespace: None,
            role: Role::Field,
            id: name.into(),
            of,
            identified_by: None,
        };
        Particle::Node(node)
    };
    let header = vec![
        field("vessel", Class::Alphanumeric, 35),
        field("voyage", Class::Alphanumeric, 17),
    ];
    let bill = vec![
        field("bill", Class::Alphanumeric, 20),
        field("pieces", Class::Numeric, 8),
    ];
    let mut record = |id: &str, fields: Vec<Particle>| {
        let of = model.add(Type::new(id, Content::Children(Particle::Sequence(fields))));
        Particle::Node(Node {
            name: format!("R_{id}").into(),
            namespace: None,
            role: Role::Record,
            id: id.into(),
            of,
            identified_by: None,
        })
    };
    let header = record("00", header);
    let bill = record("12", bill);
    let trailer = record("99", Vec::new());
    let bills = Particle::Repeat {
        min: 1,
        max: Some(9999),
        of: Box::new(bill),
    };
    let of = model.add(Type::new(
        "manifest",
        Content::Children(Particle::Sequence(vec![header, bills, trailer])),
    ));
    model.add_root(Node {
        name: "manifest".into(),
        namespace: None,
        role: Role::Message,
        id: "manifest".into(),
        of,
        identified_by: None,
    });
    let plan = Plan::new(&model).unwrap();
    let mut sequencer = Sequencer::new(&plan, Limits::default());
    for id in ["00", "12", "12", "99"] {
        let place = sequencer.push(plan.tag(pack_tag(id.as_bytes()).unwrap()), None, &|_| None);
        assert!(place.is_some(), "{id}");
    }
}

#[test]
fn a_folder_of_the_users_lies_over_the_base() {
    let layer =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/layers/port-baplie");
    let specs = Specs::base().with_dir(layer).unwrap();
    assert_eq!(specs.overrides().len(), 3);
    let plan = |specs: &Specs, release: &str| {
        let release = specs.releases().find(release).unwrap();
        let spec = specs
            .message("BAPLIE", Home::Edifact(release), 2)
            .unwrap()
            .unwrap();
        Plan::new(&spec.model)
            .unwrap()
            .positions()
            .iter()
            .any(|position| &*position.tag == "DIM")
    };
    assert!(plan(&Specs::base(), "D95B") && !plan(&specs, "D95B") && plan(&specs, "D93A"));
}
