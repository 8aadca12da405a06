//! What is said beside the alerts, in the reader's language: the connection, refusals, how it ended.
//!
//! Pure. English sentences of the connection are [`Trouble`]'s own; for Chinese each sort of trouble has its sentence here,
//! and what only the system or the broker can word stands behind it, marked as such.

use std::path::Path;

use url::Url;

use super::{Args, Outcome};
use crate::contract::command::Refusal;
use crate::contract::words::Language;
use crate::mqtt::{Trouble, TroubleKind};

/// Host and port of the broker, without user and password.
pub(super) fn broker(url: &str) -> String {
    let Ok(parsed) = Url::parse(url) else { return "broker".to_owned() };
    let port = parsed.port().unwrap_or(if parsed.scheme() == "mqtts" { 8883 } else { 1883 });
    format!("{}:{port}", parsed.host_str().unwrap_or_default())
}

/// Why there is no connection, and what to try.
pub(super) fn trouble(trouble: &Trouble, broker: &str, language: Language) -> String {
    match language {
        Language::English => trouble.to_string(),
        Language::Chinese => trouble_in_chinese(trouble, broker),
    }
}

fn trouble_in_chinese(trouble: &Trouble, broker: &str) -> String {
    // Its hint has a Chinese one in its place.
    let sentence = trouble.sentence().lines().next().unwrap_or_default();
    let original = format!("（原文：{sentence}）");
    let (sentence, hint) = match trouble.kind {
        TroubleKind::Settings => (
            format!("连接参数有误，无法使用{original}"),
            "请检查 --url、--area、--box、--prefix、--ca、--user 和 --password-file",
        ),
        TroubleKind::UnknownHost => {
            (format!("找不到服务器 {broker} 的地址"), "请检查 --url 的拼写和本机的域名解析（getent hosts）")
        }
        TroubleKind::Refused => (
            format!("{broker} 拒绝连接：该端口没有程序在监听"),
            "MQTT 服务器是否已启动？端口是否正确（一般为 1883，加密时为 8883）？",
        ),
        TroubleKind::Unreachable => (
            format!("连不上 {broker}，或者对方没有及时回应"),
            "请检查网线、移动网络、路由和防火墙；该端口也可能是另一种协议",
        ),
        TroubleKind::Tls => (
            format!("与 {broker} 的加密连接没有建立{original}"),
            "请检查 --ca 的证书、证书中的主机名和有效期以及本机时间；不加密的端口用 mqtt://",
        ),
        TroubleKind::NotAllowed => (
            format!("{broker} 不允许该用户登录或读取这些主题"),
            "请检查 --user、--password-file 以及服务器上的权限",
        ),
        TroubleKind::Rejected => (format!("{broker} 拒绝了连接{original}"), "可以加上或去掉 --mqtt5 再试"),
        TroubleKind::Closed => (
            format!("与 {broker} 的连接已断开，正在重连"),
            "如果反复断开：该端口是否只接受加密连接（mqtts://）？原因见服务器的日志",
        ),
        TroubleKind::Stalled => (format!("{broker} 不再回应，正在重连"), "请检查网络"),
        TroubleKind::TooLarge => {
            (format!("{broker} 发来的消息过大，无法接收"), "请检查是谁向这些主题发布消息")
        }
        TroubleKind::TakenOver => {
            (format!("另一个程序用同样的客户端标识连上了 {broker}"), "重新运行本命令即可")
        }
        TroubleKind::Protocol => (
            format!("{broker} 的回应不符合 MQTT 协议{original}"),
            "该端口是否为 MQTT 服务器？版本是否一致（--mqtt5）？",
        ),
    };
    format!("{sentence}\n  提示：{hint}")
}

/// A file that an option names, at the beginning of a sentence.
pub(super) fn named_file(option: &str, path: &Path, language: Language) -> String {
    match language {
        Language::English => format!("`{option}`: the file {}", path.display()),
        Language::Chinese => format!("{option} 指定的文件 {}", path.display()),
    }
}

/// An authority for a connection that has no certificate.
pub(super) fn ca_without_tls(language: Language) -> &'static str {
    match language {
        Language::English => {
            "`--ca` with an address that is not encrypted\n  hint: begin --url with mqtts://, or leave --ca out"
        }
        Language::Chinese => {
            "指定了 --ca，但 --url 不是加密地址\n  提示：--url 请以 mqtts:// 开头，或者去掉 --ca"
        }
    }
}

/// The system gives nothing to run with.
pub(super) fn cannot_start(error: &std::io::Error, language: Language) -> String {
    match language {
        Language::English => format!("cannot start: {error}"),
        Language::Chinese => format!("无法启动（原文：{error}）"),
    }
}

/// A subscription that the broker does not allow.
pub(super) fn deaf(topic: &str, reason: &str, language: Language) -> String {
    match language {
        Language::English => format!(
            "the broker does not let this user read {topic}: {reason}\n  hint: alerts that are open already, and the sites' time zones and languages, are not shown"
        ),
        Language::Chinese => format!(
            "服务器不允许该用户读取 {topic}（原文：{reason}）\n  提示：因此看不到先前未结束的预警，也不知道各站点的时区和语言"
        ),
    }
}

/// Something that does not follow the contract.
pub(super) fn nonsense(what: &str, language: Language) -> String {
    match language {
        Language::English => format!("not understood: {what}"),
        Language::Chinese => format!("无法理解的消息（原文：{what}）"),
    }
}

/// What stands in front of data that is no alert.
pub(super) fn data(what: &'static str, language: Language) -> &'static str {
    match (language, what) {
        (Language::Chinese, "gap") => "缺失记录",
        (Language::Chinese, "time_fix") => "校时记录",
        (Language::Chinese | Language::English, other) => other,
    }
}

/// Why a box did not take an acknowledgement: in Chinese by its code, as its sentence is English.
pub(super) fn refusal(code: Option<&str>, message: Option<&str>, language: Language) -> String {
    if language == Language::English {
        return message.unwrap_or("no reason given").to_owned();
    }
    let code = code.and_then(|code| serde_json::from_value::<Refusal>(code.into()).ok());
    let Some(code) = code else {
        return message.map_or("未说明原因".to_owned(), |message| format!("（原文：{message}）"));
    };
    match code {
        Refusal::Malformed => "消息格式不对",
        Refusal::Retained => "保留（retained）的命令不执行",
        Refusal::Expired => "已过有效期，或设备时间未校准",
        Refusal::Unsigned => "该设备只接受签名的命令，请用 --key",
        Refusal::UnknownKey => "该设备不认识这把密钥",
        Refusal::BadSignature => "签名不正确",
        Refusal::NotAllowed => "该密钥的角色无此权限",
        Refusal::Misdirected => "不是发给该设备的",
        Refusal::Conflict => "与设备当前的配置不符",
        Refusal::Invalid => "内容无效",
        Refusal::Busy => "命令过多，请稍后再发",
        Refusal::UnknownCommand => "该设备不认识这个命令",
        Refusal::UnknownAlert => "没有这条未结束的预警",
        Refusal::AlertEnded => "该预警已经结束",
        Refusal::Unavailable => "没有可用的图片",
        Refusal::Gone => "设备上已不再保留",
        Refusal::Storage => "设备无法存储",
    }
    .to_owned()
}

/// Why what was asked for was not seen, if it was not.
pub(super) fn verdict(args: &Args, outcome: &Outcome, language: Language) -> Option<String> {
    let Outcome { alerts, acknowledged, taken_before, asked, out_of_reach, .. } = *outcome;
    let no_touch = outcome.out_of_touch_with.as_deref();
    let acknowledges = args.ack || args.ack_as.is_some();
    let both = |english: String, chinese: String| {
        Some(match language {
            Language::English => english,
            Language::Chinese => chinese,
        })
    };
    if let Some(broker) = no_touch.filter(|_| alerts == 0) {
        return both(
            format!(
                "there was no connection to {broker}: whether an alert is open is not known\n  hint: the lines before this one say why"
            ),
            format!("一直没有连上 {broker}，是否有未结束的预警不得而知\n  提示：原因见上面的输出"),
        );
    }
    if alerts == 0 {
        return both(
            "no alert is open and none came\n  hint: `mosquitto_sub -t 'lookout/#' -v` shows whether anything is published at all".to_owned(),
            "没有未结束的预警，也没有收到新的预警\n  提示：用 `mosquitto_sub -t 'lookout/#' -v` 可以看到是否有消息发布".to_owned(),
        );
    }
    if acknowledged > 0 || !(acknowledges || args.until_acknowledged) {
        return None;
    }
    if out_of_reach > 0 {
        return both(
            format!(
                "nothing was acknowledged: the boxes of {out_of_reach} open alerts are not online\n  hint: without --seconds they are acknowledged as soon as their boxes are back"
            ),
            format!(
                "没有确认任何预警：{out_of_reach} 条未结束预警的设备不在线\n  提示：不加 --seconds 时，设备恢复后会立即确认"
            ),
        );
    }
    if asked > taken_before {
        let lost = asked - taken_before;
        return both(
            format!("{lost} acknowledgements were sent and none came back in an alert"),
            format!("已发出 {lost} 条确认，但没有一条在预警中得到回应"),
        );
    }
    if args.until_acknowledged {
        return both(
            "nothing was acknowledged: others have taken on every alert that was seen".to_owned(),
            "没有确认任何预警：看到的预警都已由他人确认".to_owned(),
        );
    }
    // Nothing was left to do.
    None
}

/// The connection will not come back.
pub(super) fn ended(language: Language) -> &'static str {
    match language {
        Language::English => "the connection to the broker ended for good",
        Language::Chinese => "与服务器的连接已终止",
    }
}

/// Standard output is full or broken.
pub(super) fn cannot_print(error: &std::io::Error, language: Language) -> String {
    match language {
        Language::English => format!("cannot print: {error}"),
        Language::Chinese => format!("无法输出（原文：{error}）"),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    const KINDS: [TroubleKind; 12] = [
        TroubleKind::Settings,
        TroubleKind::UnknownHost,
        TroubleKind::Refused,
        TroubleKind::Unreachable,
        TroubleKind::Tls,
        TroubleKind::NotAllowed,
        TroubleKind::Rejected,
        TroubleKind::Closed,
        TroubleKind::Stalled,
        TroubleKind::TooLarge,
        TroubleKind::TakenOver,
        TroubleKind::Protocol,
    ];

    /// What is left of a text without what is marked as somebody else's words.
    fn own_words(text: &str) -> String {
        let mut own = String::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once("（原文：") {
            own.push_str(before);
            rest = behind.split_once('）').expect("it is closed").1;
        }
        own + rest
    }

    /// Two English words in a row are a sentence that nobody translated.
    pub(in super::super) fn is_chinese(text: &str) -> bool {
        let own = own_words(text);
        let is_english = |word: &str| word.len() > 1 && word.bytes().all(|b| b.is_ascii_lowercase());
        let words: Vec<&str> = own.split(' ').collect();
        let has_chinese = own.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
        has_chinese && !words.windows(2).any(|pair| pair.iter().all(|word| is_english(word)))
    }

    #[test]
    fn every_trouble_of_the_connection_has_its_chinese_sentence_and_what_to_try() {
        assert!(!is_chinese("not understood: x") && !is_chinese("已连接 waiting for alerts"));
        for kind in KINDS {
            let said =
                trouble(&Trouble::test(kind, "nobody listens there"), "centre:1883", Language::Chinese);
            assert!(is_chinese(&said) && said.contains("\n  提示："), "{kind:?}: {said}");
        }
        assert_eq!(broker("mqtts://user:secret@centre.example"), "centre.example:8883");
        assert_eq!(broker("mqtt://10.0.0.1:1884"), "10.0.0.1:1884");
    }

    #[test]
    fn how_it_ended_is_said_in_chinese() {
        let outcome =
            |alerts, asked, out_of_reach| Outcome { alerts, asked, out_of_reach, ..Outcome::default() };
        let until = Args { until_acknowledged: true, ..Args::default() };
        for outcome in [outcome(0, 0, 0), outcome(1, 0, 1), outcome(1, 1, 0), outcome(1, 0, 0)] {
            let said = verdict(&until, &outcome, Language::Chinese).expect("it failed");
            assert!(is_chinese(&said), "{said}");
        }
        assert!(is_chinese(ended(Language::Chinese)));
        assert!(is_chinese(ca_without_tls(Language::Chinese)));
        assert!(is_chinese(&cannot_start(&std::io::ErrorKind::OutOfMemory.into(), Language::Chinese)));
        assert!(is_chinese(&named_file("--ca", Path::new("ca.pem"), Language::Chinese)));
        assert!(is_chinese(&cannot_print(&std::io::ErrorKind::StorageFull.into(), Language::Chinese)));
        assert!(is_chinese(&deaf("lookout/v1/+/+/up/meta", "Not authorized", Language::Chinese)));
        assert!(is_chinese(&nonsense("a/b: not JSON", Language::Chinese)));
        assert!(
            is_chinese(data("gap", Language::Chinese)) && is_chinese(data("time_fix", Language::Chinese))
        );
        for (code, message) in [
            (Some("busy"), Some("too many")),
            (Some("new_code"), None),
            (None, Some("the box is full")),
            (None, None),
        ] {
            let said = refusal(code, message, Language::Chinese);
            assert!(is_chinese(&format!("拒绝：{said}")), "{said}");
        }
    }
}
