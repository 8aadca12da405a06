use std::fs;
use std::path::{Path, PathBuf};

use super::*;

/// The text with a sign in place of what stands between backticks and in braces: what is left is prose.
pub(crate) fn prose(template: &str) -> String {
    let mut prose = String::new();
    let (mut in_code, mut depth) = (false, 0);
    for c in template.chars() {
        match c {
            '`' => {
                in_code = !in_code;
                if !in_code {
                    prose.push('\u{1}');
                }
            }
            '{' => depth += 1,
            '}' => {
                depth -= 1;
                prose.push('\u{1}');
            }
            _ if in_code || depth > 0 => {}
            _ => prose.push(c),
        }
    }
    prose
}

/// What is wrong with a text in Chinese.
pub(crate) fn fault_in_chinese(text: &str) -> Option<String> {
    let prose: Vec<char> = prose(text).chars().collect();
    for pair in prose.windows(2) {
        let (a, b) = (pair[0], pair[1]);
        if (is_han(a) && ",;:?!().".contains(b)) || (",;:?!()".contains(a) && is_han(b)) {
            return Some(format!("`{a}{b}`: a mark beside a Chinese character is a Chinese one"));
        }
        if (is_han(a) && b.is_ascii_alphanumeric()) || (a.is_ascii_alphanumeric() && is_han(b)) {
            return Some(format!("`{a}{b}`: a space parts Chinese from Latin letters and digits"));
        }
    }
    let is_chinese = |c: char| is_han(c) || "，。；：、（）".contains(c);
    for three in prose.windows(3) {
        let (a, b) = (three[0], three[2]);
        if three[1] == ' ' && is_chinese(a) && is_chinese(b) {
            return Some(format!("`{a} {b}`: a space between two Chinese characters"));
        }
    }
    None
}

#[test]
fn a_mark_that_is_not_chinese_is_seen() {
    for bad in [
        "无法读取,请检查",
        "无法读取: 文件",
        "(原文)",
        "共3台",
        "用ffmpeg转换",
        "无法读取.",
        "无法 读取",
        "无法读取， 请检查",
    ] {
        assert!(fault_in_chinese(bad).is_some(), "{bad}");
    }
    for good in
        ["{path} 无法读取（原文：{detail}）", "请用 `a, b: c` 转换", "写法如 rtsp://10.0.0.31/a", "每 2 秒"]
    {
        assert_eq!(fault_in_chinese(good), None, "{good}");
    }
}

/// Every file of the program's source, with its text.
fn sources() -> Vec<(PathBuf, String)> {
    let (mut folders, mut sources) = (vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                sources.push((path.clone(), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(sources.len() > 100, "only {} files were found: the walk is broken", sources.len());
    sources
}

/// Brackets within texts are in pairs, too.
fn up_to_closing_bracket(call: &str) -> &str {
    let mut depth = 0;
    for (at, c) in call.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => continue,
        }
        if depth == 0 {
            return &call[..at];
        }
    }
    call
}

/// What is wrong with how a source writes into the log: a line that people read is a sentence of the catalogue, and no value
/// beside it is printed as Rust sees it.
fn faults_of_log(source: &str) -> Vec<&str> {
    let is_own = |at: usize| !source[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
    let mut faults = Vec::new();
    for call in ["info!(", "warn!(", "error!("] {
        for (at, _) in source.match_indices(call) {
            let arguments = up_to_closing_bracket(&source[at..]);
            let shows_rust = arguments.split_whitespace().any(|word| word.starts_with('?'));
            if is_own(at) || (source[..at].ends_with("log_") && shows_rust) {
                faults.push(arguments);
            }
        }
    }
    faults
}

#[test]
fn what_people_read_in_the_log_comes_from_the_catalogue() {
    for (path, source) in sources() {
        // The macros themselves, and this test.
        if path.ends_with("text/mod.rs") || path.ends_with("text/tests.rs") {
            continue;
        }
        let faults = faults_of_log(&source);
        assert!(faults.is_empty(), "{}: {faults:#?}", path.display());
    }
    for bad in [
        "info!(camera, \"it runs\");",
        "tracing::warn!(\"it ended\");",
        "log_info!(say::it_runs(); camera, ?origin);",
        "log_error!(\n    say::it_ended();\n    took = ?began.elapsed()\n);",
    ] {
        assert_eq!(faults_of_log(bad).len(), 1, "{bad}");
    }
    for good in ["log_info!(say::it_runs(); %camera, of = f()?);", "debug!(?outcome, \"mark\");"] {
        assert_eq!(faults_of_log(good), Vec::<&str>::new(), "{good}");
    }
}

#[test]
fn a_sentence_within_a_sentence_is_in_the_same_language_and_keeps_its_code() {
    let fault = camera::password_wrong("rtsp://10.0.0.31/a", "admin");
    let sentence = camera::sent_on(fault.clone(), "rtsp://10.0.0.9/b");
    assert_eq!(
        sentence.to_string(),
        "rtsp://10.0.0.31/a refuses the password of user `admin` (the camera at rtsp://10.0.0.9/b sends us there)"
    );
    assert_eq!(
        sentence.in_language(Language::Chinese),
        "rtsp://10.0.0.31/a 拒绝了用户 `admin` 的密码（由 rtsp://10.0.0.9/b 的摄像机转到该处）"
    );
    let rendered = sentence.rendered(Language::Chinese);
    assert_eq!(rendered.code, "camera.sent_on");
    let args: Vec<(&str, &str)> =
        rendered.args.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(
        args,
        [
            ("fault", "rtsp://10.0.0.31/a 拒绝了用户 `admin` 的密码"),
            ("fault.code", "camera.password_wrong"),
            ("fault.url", "rtsp://10.0.0.31/a"),
            ("fault.user", "admin"),
            ("from", "rtsp://10.0.0.9/b"),
        ]
    );
    assert_ne!(sentence, fault);
}

#[test]
fn what_to_try_stands_below_in_the_same_language() {
    let (what, hint) = (camera::unknown_host("cam"), camera::try_spelling());
    assert_eq!(
        what.with_hint(Some(&hint), Language::English),
        "the host `cam` is unknown\n  hint: check the spelling, or use the camera's IP address"
    );
    assert_eq!(
        what.with_hint(Some(&hint), Language::Chinese),
        "主机名 `cam` 无法解析\n  提示：请检查主机名的拼写，或改用摄像机的 IP 地址"
    );
    assert_eq!(what.with_hint(None, Language::English), "the host `cam` is unknown");
}

#[test]
fn in_a_list_a_blank_stands_beside_a_name_and_in_chinese_none_beside_a_word() {
    let said = |parts: [&str; 3], joint, language| {
        Words::List(parts.map(Words::from).to_vec(), joint).in_language(language)
    };
    let chinese = |parts, joint| said(parts, joint, Language::Chinese);
    assert_eq!(chinese(["`a`", "`b`", "`c`"], Joint::And), "`a`、`b` 和 `c`");
    assert_eq!(chinese(["人", "车", "船"], Joint::And), "人、车和船");
    assert_eq!(chinese(["`a`", "`b`", "船"], Joint::Or), "`a`、`b` 或船");
    assert_eq!(chinese(["人", "车", "`c`"], Joint::Or), "人、车或 `c`");
    // A name may be Chinese in a sentence that is English.
    assert_eq!(said(["一号", "二号", "三号"], Joint::And, Language::English), "一号, 二号 and 三号");
    assert_eq!(said(["一号", "二号", "gate"], Joint::Or, Language::English), "一号, 二号 or gate");
}

/// `models fetch nope` and the like: what stands in a sentence may be Chinese itself.
#[test]
fn a_chinese_sentence_within_another_closes_up_and_a_name_keeps_its_blank() {
    let chinese = |sentence: Sentence| sentence.in_language(Language::Chinese);
    assert_eq!(
        chinese(models::not_in_catalogue(models::lookouts_catalogue(), "nope")),
        "Lookout 的模型名录中没有模型 `nope`"
    );
    // A name at the edge is a name, Chinese or not.
    for path in ["/tmp/a.toml", "/tmp/名录"] {
        let said = chinese(models::not_in_catalogue(models::catalogue_file(path), "nope"));
        assert_eq!(said, format!("模型名录 {path} 中没有模型 `nope`"));
    }
    assert_eq!(chinese(tail::acknowledged_by("值班一")), "已由 值班一 签收");
    assert_eq!(
        chinese(daemon::no_picture_from("cam-1", time::seconds(20_u64))),
        "摄像机 `cam-1` 在 20 秒内没有给出画面"
    );
    assert_eq!(
        chinese(model::no_model_file(model::called("x"), model::is_a_folder(), 512_u64)),
        "模型 `x` 是目录，应为不超过 512 MiB 的模型文件"
    );
    let named = model::named("x", "x.onnx");
    assert_eq!(
        chinese(model::no_model_file(named, model::is_a_folder(), 512_u64)),
        "模型 `x`（x.onnx）是目录，应为不超过 512 MiB 的模型文件"
    );
}

#[test]
fn words_of_others_are_cut_and_sentences_are_not() {
    let novel = "no ".repeat(1_000);
    let words = Words::from(sensor::broker("10.0.0.9:1883", foreign::words(novel))).shortened(16);
    assert_eq!(words.to_string(), "the broker 10.0.0.9:1883: no no no no no n");
}

#[test]
fn braces_of_a_text_and_of_a_value_stay() {
    let place = camera::address_unknown_place("{user}");
    assert!(place.to_string().ends_with("`{{user}}`"), "{place}");
    assert!(camera::address_no_login().to_string().contains("`{user}` or `{password}`"));
}
