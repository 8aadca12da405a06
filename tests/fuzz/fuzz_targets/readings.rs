//! What a sensor says, in any of the ways in which a number may be looked for.
#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use lookout::sensors::{Extract, Place, read_number, usual_words};

fuzz_target!(|message: &[u8]| {
    let Some((first, message)) = message.split_first() else { return };
    let place = match first & 0x03 {
        0 => Place::Pointer(String::new()),
        1 => Place::Pointer("/object/level".to_owned()),
        2 => Place::Onvif { source: BTreeMap::new(), data_key: "Value".to_owned() },
        _ => Place::Onvif {
            source: BTreeMap::from([("SensorID".to_owned(), "temp_001".to_owned())]),
            data_key: "State".to_owned(),
        },
    };
    let words = if first & 0x04 == 0 { usual_words() } else { BTreeMap::new() };
    let extract = Extract { place, words, skip_missing: first & 0x08 != 0 };
    if let Some(Ok(number)) = read_number(&extract, message) {
        assert!(number.is_finite(), "{number}");
    }
});
