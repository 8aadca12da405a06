use proptest::prelude::*;

use super::*;

/// The value at `/level` of a message that a board sent.
fn level(message: &[u8]) -> Result<Json, Sentence> {
    let json = Json::read(&text(message)?)?;
    let found = json.at("/level")?.ok_or_else(|| say::nothing_there("/level"))?;
    Ok(found.into_owned())
}

fn number(number: f64) -> Result<Json, Sentence> {
    Ok(Json::Number(number))
}

#[test]
fn what_boards_put_around_their_json_does_not_matter() {
    for message in [
        &b"{\"level\":0.31}\0"[..],
        b"{\"level\":0.31}\0\0\0\0",
        b"{\"level\":0.31}\0{\"level\":9.9}left over in the buffer",
        b"{\"level\":0.31}\0\xff\xfe\x80",
        b"\xef\xbb\xbf{\"level\":0.31}",
        b"{\"level\":0.31}\r\n",
        b"{\"level\":0.31}\n\0\n",
        b"\x02{\"level\":0.31}\x03",
        b"{\"level\":0.31}\x1a",
        b"\xff\xfe{\0\"\0l\0e\0v\0e\0l\0\"\0:\x000\0.\x003\x001\0}\0",
        b"\xfe\xff\0{\0\"\0l\0e\0v\0e\0l\0\"\0:\x000\0.\x003\x001\0}",
    ] {
        assert_eq!(level(message), number(0.31), "{}", String::from_utf8_lossy(message));
    }
}

#[test]
fn what_is_wrong_with_another_field_does_not_matter() {
    for other in [
        "nan",
        "NaN",
        "-nan",
        "NAN",
        "nan(ind)",
        "-1.#IND",
        "1.#QNAN00",
        "inf",
        "-inf",
        "Infinity",
        "-Infinity",
        "None",
        "True",
        "undefined",
        "",
        "+7",
        ".5",
        "5.",
        "007",
        "08",
        "021.5",
        "1,234",
        "1,234,567",
        "21, 5",
        "21,5,3",
        "21,5 C",
        "21,5°C",
        "21, 5 km/h",
        "1,234.5",
        "21,5e3",
        "24,5N",
        "1.5,3 C,4 C",
        "'it's'",
        "\"5\" pipe\"",
        "not ready",
        "21.5 C",
        "2026-11-29 12:00:00",
        "AA:BB:CC",
        "0x1F",
        "1e999",
        "123456789012345678901234567890",
        "\"two\nlines\"",
        "\"C:\\data\\x\"",
        "\"it's\"",
        "[1,2,]",
        "{\"a\":1,}",
        "[nan, [inf, {\"b\": -nan}]]",
    ] {
        for message in
            [format!("{{\"t\":{other},\"level\":0.31}}"), format!("{{\"level\": 0.31, \"t\": {other}}}")]
        {
            assert_eq!(level(message.as_bytes()), number(0.31), "{message}");
        }
    }
    assert_eq!(level(b"{level:0.31,}"), number(0.31), "names without quotes, a comma at the end");
}

#[test]
fn other_encodings_in_another_field_do_not_matter() {
    let gbk = |text: &str| encoding_rs::GBK.encode(text).0.into_owned();
    // The second byte of 誠 is a backslash, that of 乗 a bracket in GBK.
    for name in ["水位", "誠", "乗", "浜誠"] {
        let message = gbk(&format!("{{\"name\":\"{name}\",\"level\":0.31}}"));
        assert_eq!(level(&message), number(0.31), "{name}");
    }
    assert_eq!(level(&gbk("{\"level\":\"打开\"}")), Ok(Json::Text("打开".to_owned())), "words are read");
    assert_eq!(level(b"{\"unit\":\"\xb0\",\"level\":0.31}"), number(0.31), "Latin-1");
    assert_eq!(level(b"{\"unit\":\"\xb0C\",\"level\":0.31}"), number(0.31), "Latin-1");
}

#[test]
fn json_in_a_text_is_looked_into() {
    let message =
        br#"{"applicationID":"1","data":"AQ==","objectJSON":"{\"level\":0.31,\"l\":[4,{\"m\":5}]}"}"#;
    let json = Json::read(&text(message).expect("text")).expect("JSON");
    let found = |pointer: &str| json.at(pointer).expect("one").map(Cow::into_owned);
    assert_eq!(found("/objectJSON/level"), Some(Json::Number(0.31)));
    assert_eq!(found("/objectJSON/l/1/m"), Some(Json::Number(5.0)));
    assert_eq!(found("/objectJSON/none"), None);
    assert_eq!(found("/data/level"), None, "no JSON in it");
    assert!(
        matches!(found("/objectJSON"), Some(Json::Text(_))),
        "a text as long as nothing in it is asked for"
    );
    // The whole message in quotes, and twice.
    assert_eq!(level(br#""{\"level\":0.31}""#), number(0.31));
    assert_eq!(level(br#""\"{\\\"level\\\":0.31}\"""#), number(0.31));
    assert_eq!(level(br#"{"level":"0.31"}"#), Ok(Json::Text("0.31".to_owned())));
}

#[test]
fn what_has_two_readings_is_refused_with_its_name() {
    for (message, said) in [
        (&b"{'level':'it's','t':1}"[..], "something stands behind the text 'it'"),
        (b"{\"level\":\"5\" pipe\",\"t\":1}", "quotes in a text need a backslash"),
        (b"{'name':'x' 'level':0.31,'t':'y'}", "something stands behind the text 'x'"),
        (b"{\"name\":\"x\" \"level\":0.31}", "something stands behind the text \"x\""),
        (b"{t:1 level:0.31}", "the message is no JSON: key must be a string"),
        (b"{5,\"level\":0.31}", "`5` stands where a name should be"),
        (b"{'level: 0.31}", "a text in single quotes has no end"),
        (b"{'level':0.31}{'level':0.32}", "more than one JSON text"),
        (b"{'level' 0.31}", "something stands behind the text 'level'"),
        (b"{\"level\":1,234}", "`1,234` may be 1.234 or 1234"),
        (b"{\"level\":-21,500,\"t\":2}", "`-21,500` may be -21.500 or -21500"),
        (b"{\"level\":21,5,3}", "a number goes on behind a comma, `21.5, 3`"),
        (b"{\"level\":1.5,3}", "a number goes on behind a comma, `1.5, 3`"),
        (b"{\"level\":1.5,3,4,\"t\":2}", "a number goes on behind a comma, `1.5, 3`"),
        (b"{\"level\":1,234,567}", "`1,234` may be 1.234 or 1234"),
        (b"{\"level\":21, 5}", "a number goes on behind a comma, `21, 5`"),
        (b"{\"level\":21 ,5}", "a number goes on behind a comma, `21, 5`"),
        (b"{\"level\":1e3,5}", "a number goes on behind a comma, `1e3, 5`"),
        (b"{\"level\":\"x\",5}", "`5` stands where a name should be"),
        (b"{\"level\":21,5 C,\"t\":1}", "a number goes on behind a comma, `21, 5 C`"),
        (b"{\"level\":1,234.5}", "a number goes on behind a comma, `1, 234.5`"),
        (b"{\"level\":21,t}", "`t` stands where a name should be"),
        (b"{note:\"5\" pipe, level:\"2\", t:\"3\"}", "something stands behind the text \"5\""),
        (b"{\"s\":[\"5\" pipe, \"2\", \"3\"],\"level\":1}", "something stands behind the text \"5\""),
        (b"{\"level\":1,\"level\":2}", "`level` stands in the message twice, with different values"),
        (b"{\"level\":0.31}{\"level\":0.32}", "more than one JSON text"),
        (b"{\"level\":0.31}\n{\"level\":0.32}\n", "more than one JSON text"),
        (b"{\"level\":0.31} ok", "goes on behind its JSON: `ok`"),
        (b"{\"level\":0.3", "no JSON: EOF while parsing"),
        (b"{\"level\" 0.3}", "no JSON: expected `:`"),
        (b"", "the message is empty"),
        (b"\0\0\0", "the message is empty"),
        (b" \r\n", "the message is empty"),
        (b"\xef\xbb\xbf", "the message is empty"),
        (b"\x1f\x8b\x08\0\0", "compressed (gzip)"),
        (b"{\0\"\0l\0\"\0:\x001\0}\0", "UTF-16 without a byte order mark"),
    ] {
        let why = match level(message) {
            Ok(Json::Unreadable(why)) | Err(why) => why.to_string(),
            Ok(other) => format!("{other:?}"),
        };
        assert!(why.contains(said), "{}: {why}", String::from_utf8_lossy(message));
    }
    assert_eq!(level(b"{\"level\":1,\"t\":2,\"level\":1}"), number(1.0), "the same twice is the same");
    assert_eq!(level(b"{\"t\":1,\"t\":2,\"level\":1}"), number(1.0), "of another field it does not matter");
}

/// A comma between digits in an object, behind which no name comes, is one in any reading.
#[test]
fn a_decimal_comma_is_read_where_nothing_else_can_be_meant() {
    for (message, value) in [
        (r#"{"level":21,5}"#, 21.5),
        (r#"{"level": -3,25 }"#, -3.25),
        (r#"{"level":0,125}"#, 0.125),
        (r#"{"level":1021,125}"#, 1021.125),
        (r#"{"level":21,5,"t":48,25}"#, 21.5),
        (r#"{"t":48,25,"level":21,5}"#, 21.5),
        (r#"{"t":{"x":1,5},"level":21,5,}"#, 21.5),
        (r#"{'level':21,5}"#, 21.5),
        (r#"{"level":021,500}"#, 21.5),
        (r#"{"level":+21,5}"#, 21.5),
        (r#"{level:21,5}"#, 21.5),
        // Here a name follows.
        (r#"{level:21,5:3}"#, 21.0),
        (r#"{level:21,"5":3}"#, 21.0),
    ] {
        assert_eq!(level(message.as_bytes()), number(value), "{message}");
    }
    let two = Ok(Json::List(vec![Json::Number(21.0), Json::Number(5.0)]));
    for message in [r#"{"level":[21,5]}"#, r#"{"level":[21,5,],}"#, r#"{'level':[21,5]}"#] {
        assert_eq!(level(message.as_bytes()), two, "{message}");
    }
}

#[test]
fn single_quotes_are_read_as_double_ones() {
    for message in [
        "{'level': 0.31}",
        "{'name':'it\\'s','level':0.31}",
        "{'name':'say \"x\"','level':0.31}",
        "{\"name\":\"it's\",'level':0.31}",
        "{'name':None,'on':True,'t':nan,'level':0.31,}",
        "{'name':'C:\\data\\x','level':0.31}",
        "'{\"level\":0.31}'",
        "{'l\\u0065vel' : 0.31 }",
    ] {
        assert_eq!(level(message.as_bytes()), number(0.31), "{message}");
    }
    assert_eq!(level(b"{'level':'OPEN'}"), Ok(Json::Text("OPEN".to_owned())));
    assert_eq!(level("{'level':'a\nb'}".as_bytes()), Ok(Json::Text("a\nb".to_owned())));
}

/// What stands for a reason in mended JSON is nothing in a message.
#[test]
fn no_message_can_put_a_reason_of_its_own_in_place_of_a_value() {
    for message in [r#"{"level":{"(unreadable)":0}}"#, r#"{'level':{'(unreadable)':0}}"#] {
        assert!(matches!(level(message.as_bytes()), Ok(Json::Table(_))), "{message}");
    }
    let inside = level(br#"{"t":1,234,"level":{"(unreadable)":7}}"#);
    assert!(matches!(inside, Ok(Json::Table(_))), "{inside:?}");
}

#[test]
fn lists_are_counted_as_the_standard_says() {
    let json = Json::read("[[1,2],[3]]").expect("JSON");
    let found = |pointer: &str| json.at(pointer).expect("one").map(Cow::into_owned);
    assert_eq!(found("/1/0"), Some(Json::Number(3.0)));
    assert_eq!((found("/01/0"), found("/+1/0"), found("/-"), found("/2")), (None, None, None, None));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = level(&bytes);
    }

    #[test]
    fn nothing_that_resembles_json_makes_it_panic(text in r#"[\{\}\[\],:"'\\a-c0-9.\-+ né\n]{0,60}"#) {
        let _ = level(text.as_bytes());
        let _ = mend(&text);
    }

    /// What is JSON already stays what it is.
    #[test]
    fn mending_changes_nothing_that_is_right(text in r#"\{"[a-z\\n]{0,6}":("[^"\\\x00-\x1f]{0,8}"|-?[1-9][0-9]{0,6}(\.[0-9]{1,3})?|true|null|\[1, ?2\])\}"#) {
        let Ok(right) = serde_json::from_str::<Json>(&text) else { return Ok(()) };
        let mended = mend(&text).expect("one reading");
        prop_assert_eq!(serde_json::from_str::<Json>(&mended.text).expect("JSON"), right);
        prop_assert!(mended.reasons.is_empty());
    }
}
