use serde_json::json;

use super::*;
use crate::contract::signature::{KnownKey, PrivateKey};

const NOW: &str = "2026-01-01T08:01:00Z";
const HERE: Addressee<'_> = Addressee { area: "530127", box_name: "box-1", time_zone: &TimeZone::UTC };

fn inbound<'a>(command: &'a str, payload: &'a [u8], signed: bool) -> Inbound<'a> {
    let signer = signed.then(|| Signer { key: "desk-1".into(), role: Role::Admin });
    Inbound { command, payload, signer, retained: false, now: NOW.parse().unwrap() }
}

fn parse(name: &str, json: &str) -> Result<ReceivedCommand, String> {
    command(&inbound(name, json.as_bytes(), false), HERE).map_err(|refusal| refusal.why.to_string())
}

/// A signed acknowledgement with `changes` on top; `null` takes a field out.
fn signed(changes: Value, now: &str) -> Result<ReceivedCommand, (RefusalKind, String)> {
    let mut body = json!({ "request_id": "r", "area": "530127", "box": "box-1", "command": "ack", "by": "d",
        "alert_id": "A", "iat": "2026-01-01T08:00:00Z", "exp": "2026-01-01T08:05:00Z" });
    for (key, value) in changes.as_object().unwrap() {
        body[key] = value.clone();
    }
    let body = body.to_string();
    let inbound = Inbound { now: now.parse().unwrap(), ..inbound("ack", body.as_bytes(), true) };
    command(&inbound, HERE).map_err(|refusal| (refusal.kind, refusal.why.to_string()))
}

#[test]
fn times_are_reported_in_the_sites_zone() {
    let zone = TimeZone::fixed(jiff::tz::offset(8));
    let here = Addressee { time_zone: &zone, ..HERE };
    let ack = r#"{"request_id":"r","alert_id":"a","by":"b","exp":"2026-01-01T08:00:00Z"}"#;
    let why = command(&inbound("ack", ack.as_bytes(), false), here).unwrap_err().why.to_string();
    assert!(why.contains("2026-01-01T16:00:00.000+08:00"), "{why}");
    assert!(why.contains("2026-01-01T16:01:00.000+08:00"), "{why}");
}

#[test]
fn an_acknowledgement_is_read_bare_and_in_an_envelope() {
    let bare = r#"{"request_id":"r1","alert_id":"01J","by":"desk-2","note":"on my way"}"#;
    let in_envelope = format!(r#"{{"specversion":"1.0","data":{bare}}}"#);
    for json in [bare.to_owned(), in_envelope, format!("\u{feff}{bare}\r\n"), format!("{bare}\n\0")] {
        let ReceivedCommand { envelope, logged, .. } = parse("ack", &json).unwrap();
        assert_eq!((envelope.request_id.as_str(), envelope.by.as_str()), ("r1", "desk-2"));
        assert_eq!(logged, Some(json!({ "alert_id": "01J", "note": "on my way" })));
    }
}

#[test]
fn nobody_takes_a_name_that_looks_like_the_pages() {
    for by in [
        "page:li",
        " page:li",
        "PAGE:li",
        "Page : li",
        "\u{2800}page:li",
        "ｐａｇｅ：li",
        "page：li",
        "раgе:li",
        "page\u{FE0F}:li",
        "\u{3000}page:li",
    ] {
        let json = json!({ "request_id": "r", "alert_id": "A", "by": by }).to_string();
        let why = parse("ack", &json).err().unwrap_or_else(|| panic!("{by:?} was taken"));
        assert!(why.contains("only the box's own page"), "{by:?}: {why}");
    }
    for by in ["desk 2", "pager: li", "page", "homepage:li", "李", "ра"] {
        let json = json!({ "request_id": "r", "alert_id": "A", "by": by }).to_string();
        assert_eq!(parse("ack", &json).unwrap().envelope.by, by);
    }
}

/// Two patrols whose names look alike are one to their reader, and a name that is read backwards is another one.
#[test]
fn a_name_has_no_characters_that_are_not_seen_or_turn_the_writing() {
    for hidden in
        ['\u{200B}', '\u{200D}', '\u{AD}', '\u{202E}', '\u{2066}', '\u{2060}', '\u{FEFF}', '\u{E0041}']
    {
        let name = format!("patrol{hidden} 4");
        for (verb, json) in [
            ("ack", json!({ "request_id": "r", "alert_id": "A", "by": name })),
            ("assign", json!({ "request_id": "r", "alert_id": "A", "by": "b", "to": name })),
        ] {
            let why = parse(verb, &json.to_string()).err().unwrap_or_else(|| panic!("{name:?} was taken"));
            assert!(why.contains("characters that are not seen"), "{name:?}: {why}");
        }
    }
    // A variation selector chooses the form of a character in somebody's name.
    for name in ["巡逻四队", "葛\u{E0100}木", "Zoë", "Nguyễn"] {
        let json = json!({ "request_id": "r", "alert_id": "A", "by": "b", "to": name }).to_string();
        assert!(parse("assign", &json).is_ok(), "{name:?}");
    }
}

#[test]
fn what_is_wrong_is_said_in_words() {
    let cases = [
        ("not json", "it is not JSON"),
        ("[]", "it is not a JSON object"),
        ("{}", "`request_id` is missing"),
        (r#"{"request_id":7}"#, "`request_id` must be text"),
        (r#"{"request_id":"r"}"#, "`alert_id` is missing"),
        (r#"{"request_id":"r","alert_id":"a","by":" "}"#, "`by` is empty"),
        (r#"{"request_id":"r","alert_id":"a","by":"\u001b[2J"}"#, "control characters"),
        (r#"{"request_id":"r","alert_id":"a","by":"b","note":[]}"#, "`note` must be text"),
        (r#"{"request_id":"r","alert_id":"a","by":"b","exp":"soon"}"#, "`exp` must be a time"),
        (r#"{"request_id":"r","alert_id":"a","by":"b","iat":20,"exp":10}"#, "`exp` is before `iat`"),
        (r#"{"request_id":"r","alert_id":"a","by":"b","exp":"2026-01-01T08:00:00Z"}"#, "it expired at"),
        (r#"{"request_id":"r","alert_id":"a","by":"b","box":"box-2"}"#, "its `box` is not \"box-1\""),
        (
            r#"{"request_id":"r","alert_id":"a","by":"b","alert_id":"c"}"#,
            "the name `alert_id` stands twice in one object",
        ),
    ];
    for (json, want) in cases {
        let why = parse("ack", json).unwrap_err();
        assert!(why.contains(want), "{json}: {why}");
    }
    let why = parse("mute", r#"{"request_id":"r","by":"b","kind":"fire","for_secs":9}"#).unwrap_err();
    assert!(why.contains("needs a `reason`"), "{why}");
}

#[test]
fn a_clock_that_differs_by_seconds_expires_nothing() {
    let json = r#"{"request_id":"r","alert_id":"a","by":"b","iat":"2026-01-01T08:00:00Z","exp":"2026-01-01T08:00:40Z"}"#;
    assert!(parse("ack", json).is_ok());
}

#[test]
fn a_retained_command_is_refused_with_its_request_id() {
    let json = br#"{"request_id":"r1","alert_id":"a","by":"b"}"#;
    let refusal = command(&Inbound { retained: true, ..inbound("ack", json, false) }, HERE).unwrap_err();
    assert_eq!(refusal.request_id.as_deref(), Some("r1"));
    assert_eq!(refusal.kind, RefusalKind::Retained);
}

#[test]
fn every_refusal_carries_the_request_id_that_can_be_read() {
    let long = "x".repeat(200);
    let cases = [
        ("ack", r#"{"request_id":7}"#.to_owned(), Some("7")),
        ("ack", format!(r#"{{"request_id":"{long}"}}"#), Some(&long[..128])),
        ("ack", r#"{"request_id":"r\u0007"}"#.to_owned(), Some("r")),
        ("ack", r#"{"request_id":"r"}"#.to_owned(), Some("r")),
        ("ack", r#"{"specversion":"1.0","data":{"request_id":"r"}}"#.to_owned(), Some("r")),
        ("ack", r#"{"request_id":"r","alert_id":"a","by":"b","box":"box-2"}"#.to_owned(), Some("r")),
        ("set", r#"{"request_id":"r","cameras":7}"#.to_owned(), Some("r")),
        ("config", r#"{"request_id":"r","by":"b"}"#.to_owned(), Some("r")),
        ("mark", r#"{"request_id":"r","stream":"S","n":-1}"#.to_owned(), Some("r")),
        ("mark", r#"{"request_id":"r","stream":"S","n":1,"box":"box-2"}"#.to_owned(), Some("r")),
        ("ack", r#"{"request_id":"r","alert_id":"a","by":"b","by":"c"}"#.to_owned(), Some("r")),
        ("mark", r#"{"request_id":"r","stream":"S","n":1,"n":2}"#.to_owned(), Some("r")),
        ("ack", r#"{"request_id":{}}"#.to_owned(), None),
        ("ack", r#"{"request_id":" "}"#.to_owned(), None),
        // What stops being JSON names its request as far as that stands before the fault.
        ("ack", r#"{"request_id":"r""#.to_owned(), Some("r")),
        ("ack", r#"{"request_id":"r","alert_id":"a",}"#.to_owned(), Some("r")),
        ("ack", r#"{"by":["d",{"n":1}],"request_id":"r","alert_id":oops}"#.to_owned(), Some("r")),
        ("set", r#"{"for_secs":1e999,"request_id":"r"}"#.to_owned(), Some("r")),
        ("mark", r#"{"request_id":"r","stream":"S","n":1"#.to_owned(), Some("r")),
        ("ack", r#"{"request_id":"r"#.to_owned(), None),
        ("ack", r#"{oops,"request_id":"r"}"#.to_owned(), None),
        ("ack", r#"["request_id","r"]"#.to_owned(), None),
    ];
    for (name, json, want) in &cases {
        let inbound = inbound(name, json.as_bytes(), false);
        let refusal = match *name {
            "mark" => mark(&inbound, HERE).map(drop).unwrap_err(),
            _ => command(&inbound, HERE).map(drop).unwrap_err(),
        };
        assert_eq!(refusal.request_id.as_deref(), *want, "{name}: {json}");
    }
}

#[test]
fn a_signed_command_names_box_area_and_command_and_when_it_ends() {
    assert!(signed(json!({}), NOW).is_ok());
    for (changes, kind) in [
        (json!({ "box": null }), RefusalKind::Misdirected),
        (json!({ "box": "box-2" }), RefusalKind::Misdirected),
        (json!({ "area": "530128" }), RefusalKind::Misdirected),
        (json!({ "command": "set" }), RefusalKind::Misdirected),
        (json!({ "command": 7 }), RefusalKind::Misdirected),
        (json!({ "iat": null }), RefusalKind::Malformed),
        (json!({ "exp": null }), RefusalKind::Malformed),
        (json!({ "exp": "2026-01-02T08:00:01Z" }), RefusalKind::Malformed),
        (json!({ "iat": "2026-01-01T08:10:00Z", "exp": "2026-01-01T08:20:00Z" }), RefusalKind::Expired),
        (json!({ "exp": "2026-01-01T08:00:10Z" }), RefusalKind::Expired),
        (json!({ "counter": "seven" }), RefusalKind::Malformed),
    ] {
        let (was, why) = signed(changes.clone(), NOW).unwrap_err();
        assert_eq!(was, kind, "{changes}: {why}");
    }
}

#[test]
fn where_the_clock_was_never_set_a_counter_takes_its_place() {
    let at_boot = "1970-01-01T00:00:40Z";
    assert_eq!(signed(json!({}), at_boot).unwrap_err().0, RefusalKind::Expired);
    let envelope = signed(json!({ "counter": 7 }), at_boot).unwrap().envelope;
    assert_eq!((envelope.counter, envelope.clock_is_set), (Some(7), false));
}

#[test]
fn marks_are_pairs_of_stream_and_number() {
    for json in [r#"{"stream":"S","n":5}"#, r#"{"stream":"S","seq":5}"#, r#"{"seq":{"stream":"S","n":5}}"#] {
        let mark = mark(&inbound("mark", json.as_bytes(), false), HERE);
        let mark = mark.unwrap();
        assert_eq!((mark.stream.as_str(), mark.n), ("S", 5), "{json}");
    }
    let why = mark(&inbound("mark", br#"{"stream":"S","n":-1}"#, false), HERE).unwrap_err().why.to_string();
    assert!(why.contains("`n`"), "{why}");
    let signed = mark(&inbound("mark", br#"{"stream":"S","n":5}"#, true), HERE).unwrap_err();
    assert_eq!(signed.kind, RefusalKind::Misdirected, "a signed mark names its box");
}

#[test]
fn a_command_that_is_not_in_the_list_is_refused_and_becomes_no_other_one() {
    let json = r#"{"request_id":"r","by":"b"}"#;
    assert_eq!(parse("selftests", json).unwrap_err(), "`selftests` is no command of this box");
    assert_eq!(parse("selftest", json).unwrap().envelope.command(), "selftest");
}

#[test]
fn the_schema_names_the_commands_that_require_a_reason() {
    let found = about_reason();
    for command in COMMANDS {
        let name = format!("`{}`", command.name());
        assert_eq!(found.contains(&name), command.needs_reason, "{found}");
    }
    assert!(
        found.starts_with("Why, in words, for the audit log. `mute`, `") && found.ends_with(" require it."),
        "{found}"
    );
}

/// Through the gate: the holder of a good signature receives which of its requests was refused, whatever is wrong with it.
#[test]
fn a_refusal_of_what_was_signed_by_a_known_key_names_the_request_and_of_a_stranger_none() {
    let key = PrivateKey::generate("desk-1").unwrap();
    let gate = Gate::default();
    gate.set_keys(&[KnownKey { id: "desk-1".into(), role: Role::Desk, public: key.public() }]);
    let stranger = PrivateKey::generate("desk-1").unwrap();
    for (name, payload) in [
        ("ack", r#"{"request_id":"r","area":"530127","box":"box-2","command":"ack"}"#),
        ("ack", r#"{"request_id":"r","alert_id":"a",}"#),
        ("ack", r#"{"request_id":"r","request_id":"r"}"#),
        ("mark", r#"{"request_id":"r","stream":"S""#),
        ("dance", r#"{"request_id":"r"}"#),
        ("dance", r#"{"request_id":"r","#),
        ("config", r#"{"request_id":"r","version":oops}"#),
    ] {
        let refused = |signed: String| {
            read(&gate, HERE, name, signed.as_bytes(), false, NOW.parse().unwrap()).unwrap_err()
        };
        let refusal = refused(key.sign(payload.as_bytes()));
        assert_eq!(refusal.request_id.as_deref(), Some("r"), "{name}: {payload}: {}", refusal.why);
        assert_eq!(refusal.key.as_deref(), Some("desk-1"), "{name}: {payload}");
        let refusal = refused(stranger.sign(payload.as_bytes()));
        assert_eq!((refusal.request_id, refusal.key), (None, None), "{name}: {payload}");
    }
}

#[test]
fn everything_that_is_wrong_with_a_command_is_said_at_once() {
    let why = parse("mute", r#"{"request_id":"r","for_secs":"long"}"#).unwrap_err();
    for found in
        ["`mute` needs a `reason`", "`for_secs` must be a whole number, not a text", "`by` is missing"]
    {
        assert!(why.contains(found), "{found}: {why}");
    }
}

#[test]
fn a_field_that_is_none_is_refused_where_the_box_is_changed_and_named_elsewhere() {
    let patch = json!({ "request_id": "r", "by": "b", "version": 1, "expect_config": "x",
        "remove": ["camera.cam-09"], "revert_after_sec": 600 });
    let refusal = command(&inbound("patch", patch.to_string().as_bytes(), false), HERE).unwrap_err();
    assert_eq!(refusal.kind, RefusalKind::Malformed);
    assert_eq!(
        refusal.why.to_string(),
        "there is no field `revert_after_sec`: did you mean `revert_after_secs`?"
    );
    for spec in COMMANDS {
        let mut example = spec.message.example().unwrap().unwrap();
        for envelope in ["area", "box", "command", "iat", "exp"] {
            example.as_object_mut().unwrap().remove(envelope);
        }
        example["colour"] = json!("red");
        let read = command(&inbound(spec.name(), example.to_string().as_bytes(), false), HERE);
        match ["set", "patch", "config"].contains(&spec.name()) {
            true => assert!(read.unwrap_err().why.to_string().contains("`colour`"), "{}", spec.name()),
            false => assert_eq!(read.unwrap().envelope.ignored, ["colour"], "{}", spec.name()),
        }
    }
}

#[test]
fn the_author_of_a_command_receives_all_that_is_wrong_with_it_and_what_it_has_beside_it() {
    let now = NOW.parse().unwrap();
    let found = objections(
        br#"{"command":"patch","version":"nine","expect_confg":"x","exp":"soon"}"#,
        now,
        &TimeZone::UTC,
    );
    let refused: Vec<String> = found.refused.iter().map(ToString::to_string).collect();
    for why in [
        "must name its `area`",
        "must name its `box`",
        "`request_id` is missing",
        "`exp` must be a time",
        "`version` must be a whole number, not a text",
        "`expect_config` is missing",
        "`by` is missing",
    ] {
        assert!(refused.iter().any(|one| one.contains(why)), "{why}: {refused:?}");
    }
    assert_eq!(
        found.unknown[0].to_string(),
        "there is no field `expect_confg`: did you mean `expect_config`?"
    );
    assert!(found.is_strict && found.spec.is_some_and(|spec| spec.name() == "patch"));
}

#[test]
fn the_author_of_a_command_learns_of_their_own_clock_and_of_a_command_that_is_none() {
    let (now, shanghai) = (NOW.parse().unwrap(), TimeZone::get("Asia/Shanghai").unwrap());
    let of = |text: &str| objections(text.as_bytes(), now, &shanghai);
    let old = of(r#"{"command":"ackk","iat":"2025-12-31T16:00:00Z","exp":"2025-12-31T17:00:00Z"}"#);
    let refused: Vec<String> = old.refused.iter().map(ToString::to_string).collect();
    let late = "it expired at 2026-01-01T01:00:00.000+08:00; this computer's clock says ";
    assert!(refused.iter().any(|one| one.starts_with(late)), "{refused:?}");
    assert!(!refused.iter().any(|one| one.contains("the box's clock")), "{refused:?}");
    assert_eq!(old.no_command.as_deref(), Some("ackk"));
    for known in [r#"{"command":"ack"}"#, r#"{"command":"mark"}"#, "{}"] {
        assert_eq!(of(known).no_command, None, "{known}");
    }
}

#[test]
fn what_was_sent_does_not_fill_its_answer() {
    let mute = json!({ "request_id": "r", "by": "b", "reason": "c", "for_secs": "好".repeat(20_000) });
    let why = parse("mute", &mute.to_string()).unwrap_err();
    assert!(
        why.starts_with("`for_secs` must be a whole number, not a text") && why.len() < 2_000,
        "{} bytes: {why}",
        why.len()
    );
}
