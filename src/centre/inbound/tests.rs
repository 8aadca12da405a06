//! Tests of what is believed, with the examples of the contract as they are published.

use super::*;
use crate::centre::box_keys::BoxPublicKey;
use crate::contract::box_key::BoxKey;
use crate::contract::messages::{ALERT, COVERAGE, Content, HEALTH, PICTURES};
use crate::contract::signature::PublicKey;

const BASE: &str = "lookout/v1/530127/box-7f3a";

struct Box7f3a {
    key: BoxKey,
    keys: BoxKeys,
}

impl Box7f3a {
    fn new() -> Self {
        let key = BoxKey::generate().unwrap();
        let public = BoxPublicKey::new(PublicKey::parse(&key.public().x).unwrap());
        let name = BoxName { area: "530127".to_owned(), name: "box-7f3a".to_owned() };
        Box7f3a { key, keys: BoxKeys::from_iter([(name, public)]) }
    }

    fn judge(&self, suffix: &str, body: &[u8], jws: Option<String>) -> Judged {
        self.judge_on(&format!("{BASE}/{suffix}"), body, jws)
    }

    fn judge_on(&self, topic: &str, body: &[u8], jws: Option<String>) -> Judged {
        judge("lookout/v1", &self.keys, Incoming { topic: topic.to_owned(), body: body.to_vec(), jws })
    }
}

fn example(message: &Message) -> Vec<u8> {
    let Content::Json { example, .. } = message.payload else { panic!("{} has no JSON", message.name) };
    example().unwrap()
}

#[track_caller]
fn assert_refused(judged: &Judged, why: Why) {
    assert!(matches!(judged, Judged::Refused(refused) if refused.why == why), "{judged:?}");
}

#[test]
fn an_alert_is_believed_with_its_signature_and_waits_for_one_that_comes_as_a_message_of_its_own() {
    let here = Box7f3a::new();
    let alert = example(&ALERT);
    let Judged::Record(record) = here.judge("up/alert", &alert, Some(here.key.sign(&alert))) else {
        panic!("believed")
    };
    assert_eq!((record.n, record.signed, &*record.body), (4711, true, &*alert));
    assert!(matches!(here.judge("up/alert", &alert, None), Judged::Unproven(_)));
}

#[test]
fn a_signature_of_something_else_or_of_somebody_else_is_refused() {
    let here = Box7f3a::new();
    let (alert, stranger) = (example(&ALERT), BoxKey::generate().unwrap());
    for jws in [here.key.sign(b"something else"), stranger.sign(&alert), "..".to_owned(), String::new()] {
        assert_refused(&here.judge("up/alert", &alert, Some(jws)), Why::BadSignature);
    }
    // That of a health report, too: it is not needed, but who signs wrongly lies.
    let health = example(&HEALTH);
    assert_refused(&here.judge("up/health", &health, Some(stranger.sign(&health))), Why::BadSignature);
}

#[test]
fn counts_and_coverage_need_no_signature_and_an_alert_on_their_topic_does() {
    let here = Box7f3a::new();
    for message in [&COUNT, &COVERAGE] {
        assert!(matches!(here.judge("up/count", &example(message), None), Judged::Record(_)));
    }
    assert!(matches!(here.judge("up/count", &example(&ALERT), None), Judged::Unproven(_)));
}

#[test]
fn a_box_speaks_for_itself_alone() {
    let here = Box7f3a::new();
    let alert = example(&ALERT);
    let signed = || Some(here.key.sign(&alert));
    assert_refused(&here.judge_on("lookout/v1/530127/box-8/up/alert", &alert, signed()), Why::UnknownBox);
    let other = String::from_utf8(alert.clone())
        .unwrap()
        .replace("/lookout/530127/box-7f3a", "/lookout/530127/box-8");
    let jws = here.key.sign(other.as_bytes());
    assert_refused(&here.judge("up/alert", other.as_bytes(), Some(jws)), Why::Misdirected);
    for strange in ["lookout/v1/530127/box-7f3a/up/secret", "lookout/v2/530127/box-7f3a/up/alert", "x", ""] {
        assert_refused(&here.judge_on(strange, &alert, signed()), Why::Topic);
    }
}

#[test]
fn every_message_of_the_contract_is_of_its_kind_and_broken_ones_are_refused() {
    let here = Box7f3a::new();
    for message in crate::contract::messages::EVENTS {
        let suffix =
            message.topic.replace("{camera}", "cam-03").replace("{sensor}", "drain-2").replace("{part}", "1");
        let body = example(message);
        match here.judge(&suffix, &body, Some(here.key.sign(&body))) {
            Judged::Record(_) => assert!(!message.retain, "{suffix}"),
            Judged::Latest(latest) => {
                let is_latest = message.retain || suffix == SHADOW.topic;
                assert_eq!((is_latest, &latest.suffix), (true, &suffix));
            }
            Judged::Signature(_) => assert_eq!(suffix, SIGNATURE.topic),
            other => panic!("{suffix}: {other:?}"),
        }
        for broken in [&body[1..], b"{}", b"[]", &[0xff], &vec![b' '; MAX_EVENT_BYTES + 1]] {
            let jws = Some(here.key.sign(broken));
            assert_refused(&here.judge(&suffix, broken, jws), Why::Malformed);
        }
        if message.retain {
            assert!(matches!(here.judge(&suffix, b"", None), Judged::Cleared(..)), "{suffix}");
        }
    }
    for message in PICTURES {
        let suffix = message.suffix(&["01KAJ7Q3V2X5T8W9Y0Z1A2B3C4", "2"]);
        assert!(matches!(here.judge(&suffix, b"jpeg", None), Judged::Picture(picture) if picture.n == 2));
        assert_refused(&here.judge(&suffix, &vec![0; MOST_PICTURE_BYTES + 1], None), Why::Malformed);
        assert_refused(&here.judge(&message.suffix(&["a", "b"]), b"jpeg", None), Why::Topic);
    }
}

#[test]
fn a_number_beyond_all_numbers_is_none() {
    let here = Box7f3a::new();
    for n in ["0", "-1", "9007199254740993", "1.5", "\"1\""] {
        let alert = String::from_utf8(example(&ALERT)).unwrap().replace("\"n\":4711", &format!("\"n\":{n}"));
        let jws = Some(here.key.sign(alert.as_bytes()));
        assert_refused(&here.judge("up/alert", alert.as_bytes(), jws), Why::Malformed);
    }
}
