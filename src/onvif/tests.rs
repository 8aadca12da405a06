use std::net::{IpAddr, Ipv4Addr};

use url::Url;

use super::address::{AskedDevice, is_of_the_site, without_password};
use super::discovery::Answered;
use super::media::{self, Service};
use super::soap::{self, Fault, Message};
use super::xml::{self, Unreadable};
use super::*;

fn url(text: &str) -> Url {
    Url::parse(text).expect("an address")
}

fn profile(token: &str, codec: &str, width: u32, height: u32) -> Profile {
    Profile {
        token: token.to_owned(),
        name: token.to_owned(),
        codec: codec.to_owned(),
        width,
        height,
        fps: Some(25.0),
        kbps: None,
        keyframe_interval: Some(50),
        url: format!("rtsp://10.0.0.31/{token}"),
        encoder_token: format!("enc-{token}"),
        source: "one".to_owned(),
    }
}

fn chosen(profiles: &[Profile]) -> (String, Option<String>) {
    let choice = choose(profiles).expect("there are streams");
    (choice.watch.token, choice.large.map(|large| large.token))
}

#[test]
fn the_smallest_stream_that_is_wide_enough_is_watched_and_the_largest_is_for_evidence() {
    let large = profile("large", "H.264", 2560, 1440);
    let small = profile("small", "H.265", 640, 360);
    let middle = profile("middle", "H.264", 1280, 720);
    let tiny = profile("tiny", "H.264", 320, 180);
    let motion = profile("motion", "MJPEG", 640, 360);
    let pair = |watch: &str, large: &str| (watch.to_owned(), Some(large.to_owned()));
    assert_eq!(chosen(&[large.clone(), middle.clone(), small, tiny.clone()]), pair("small", "large"));
    assert_eq!(chosen(&[large.clone(), tiny.clone()]), ("large".to_owned(), None), "too small to watch");
    assert_eq!(
        chosen(&[motion.clone(), middle.clone()]),
        ("middle".to_owned(), None),
        "MJPEG costs too much"
    );
    assert_eq!(chosen(std::slice::from_ref(&motion)), ("motion".to_owned(), None), "there is nothing else");
    assert_eq!(chosen(&[tiny]), ("tiny".to_owned(), None));
    let slightly = profile("slightly", "H.264", 1440, 900);
    assert_eq!(chosen(&[middle, slightly]), ("middle".to_owned(), None), "hardly larger");
    assert_eq!(choose(&[]), None);
    let other = Profile { source: "two".to_owned(), ..profile("other", "H.264", 640, 360) };
    let both = [large, other];
    assert_eq!(chosen(&both), ("large".to_owned(), None), "another channel is another view");
    let views: Vec<usize> = by_source(&both).iter().map(Vec::len).collect();
    assert_eq!(views, [1, 1]);
}

#[test]
fn an_address_typed_by_hand_leads_to_the_device_service() {
    let at = |host, port| service_at(host, port).map(|url| url.to_string());
    assert_eq!(at("10.0.0.31", None).as_deref(), Ok("http://10.0.0.31/onvif/device_service"));
    assert_eq!(at(" 10.0.0.31 ", Some(8080)).as_deref(), Ok("http://10.0.0.31:8080/onvif/device_service"));
    assert_eq!(at("fd00::2", Some(80)).as_deref(), Ok("http://[fd00::2]/onvif/device_service"));
    assert_eq!(at("[fd00::2]", None).as_deref(), Ok("http://[fd00::2]/onvif/device_service"));
    assert_eq!(at("camera-3.local", None).as_deref(), Ok("http://camera-3.local/onvif/device_service"));
    for none in ["", " ", "10.0.0.31/x", "user@10.0.0.31", "a b", "10.0.0.31?x", "[", "1:2"] {
        assert!(matches!(service_at(none, None), Err(OnvifError::NoAddress { .. })), "{none}");
    }
}

#[test]
fn a_password_stays_with_the_host_that_was_asked() {
    let asked = AskedDevice {
        service: url("http://203.0.113.9:8081/onvif/device_service"),
        ip: Some(IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9))),
        own_port: Some(80),
    };
    for (named, reached) in [
        ("http://203.0.113.9:8081/onvif/media", "http://203.0.113.9:8081/onvif/media"),
        ("http://203.0.113.9:9000/onvif/media", "http://203.0.113.9:9000/onvif/media"),
        // Behind a router, which has another port for the camera's own.
        ("http://192.168.1.64/onvif/media", "http://203.0.113.9:8081/onvif/media"),
        ("http://192.168.1.64:8000/onvif/media", "http://203.0.113.9:8000/onvif/media"),
        ("http://127.0.0.1/onvif/media", "http://203.0.113.9:8081/onvif/media"),
        ("http://camera/onvif/media", "http://203.0.113.9:8081/onvif/media"),
        ("http://a:b@192.168.1.64/onvif/media", "http://203.0.113.9:8081/onvif/media"),
    ] {
        assert_eq!(asked.service(named).map(String::from).as_deref(), Ok(reached), "{named}");
    }
    for named in [
        "http://198.51.100.7/m",
        "http://cloud.example/m",
        "ftp://203.0.113.9/m",
        "file:///etc/passwd",
        "",
        "x",
    ] {
        let refused = asked.service(named);
        assert!(matches!(refused, Err(OnvifError::SentElsewhere { .. })), "{named}: {refused:?}");
    }
    let stream = |named: &str| asked.stream(named).map(String::from);
    assert_eq!(stream("rtsp://192.168.1.64:554/a?b=1&c").as_deref(), Ok("rtsp://203.0.113.9:554/a?b=1&c"));
    assert_eq!(stream("rtsp://u:p@203.0.113.9/a").as_deref(), Ok("rtsp://203.0.113.9/a"));
    assert!(stream("rtsp://198.51.100.7/a").is_err() && stream("http://203.0.113.9/a").is_err());
    assert!(stream("file:///etc/passwd").is_err());
}

#[test]
fn a_camera_cannot_have_our_password_filled_into_an_address() {
    let asked = AskedDevice::new(url("http://10.0.0.31/onvif/device_service"));
    for named in [
        "rtsp://10.0.0.31/a?x={password}",
        "rtsp://10.0.0.31/{password}",
        "rtsp://10.0.0.31/a#{password}",
        "rtsp://{user}:{password}@10.0.0.31/a?y={user}",
        // It would be asked of the name service.
        "rtsp://{password}/a",
    ] {
        let reached = asked.stream(named).map(String::from);
        assert!(reached.as_deref().is_ok_and(|url| !url.contains(['{', '}', '#'])), "{named}: {reached:?}");
    }
}

#[tokio::test]
async fn a_name_that_stands_for_another_machine_later_leads_to_the_one_that_was_asked() {
    use std::io::{Read as _, Write as _};

    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("its address").port();
    let answering = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let _ = stream.read(&mut [0; 4096]);
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").expect("it is sent");
    });
    let named = url(&format!("http://no-such-camera.invalid:{port}/onvif/device_service"));
    let at = Some(IpAddr::V4(Ipv4Addr::LOCALHOST));
    let answer = http::post(&named, at, "x", String::new(), None).await.expect("an answer");
    assert_eq!((answer.status, answer.ip), (204, IpAddr::V4(Ipv4Addr::LOCALHOST)));
    answering.join().expect("it answered");
}

#[test]
fn an_address_is_read_as_it_is_typed_and_a_login_in_it_is_not_said_again() {
    let service = |text: &str| Ok(CameraAddress::Service(url(text)));
    for (typed, expected) in [
        ("10.0.0.31", Ok(CameraAddress::Ip(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 31))))),
        ("10.0.0.31:8080", service("http://10.0.0.31:8080/onvif/device_service")),
        ("https://10.0.0.31", service("https://10.0.0.31/onvif/device_service")),
        ("http://10.0.0.31/own", service("http://10.0.0.31/own")),
        ("http://admin:hunter2@10.0.0.31/", Err(AddressError::HasLogin)),
        ("admin:hunter2@10.0.0.31", Err(AddressError::HasLogin)),
        ("file:///etc/passwd", Err(AddressError::NoAddress("file:///etc/passwd".to_owned()))),
        ("ftp://a:hunter2@b/", Err(AddressError::NoAddress("ftp://***@b/".to_owned()))),
    ] {
        assert_eq!(CameraAddress::read(typed), expected, "{typed}");
    }
    let long = format!("10.0.0.31/{}", "x".repeat(600));
    let Err(AddressError::NoAddress(said)) = CameraAddress::read(&long) else { panic!("it is taken") };
    assert!(said.chars().count() <= 80, "{said}");
}

fn found(address: [u8; 4], port: u16) -> Found {
    let address = Ipv4Addr::from(address);
    let service = url(&format!("http://{address}:{port}/onvif/device_service"));
    let endpoint = format!("urn:{address}:{port}");
    Found { address: address.into(), service, name: None, model: None, scopes: Vec::new(), endpoint }
}

#[test]
fn a_machine_that_answers_without_end_hides_no_camera_and_fills_no_memory() {
    let mut answered = Answered::default();
    for port in 1..=20_000 {
        answered.add(found([10, 0, 0, 66], port));
    }
    answered.add(found([10, 0, 0, 31], 80));
    answered.add(Found { name: Some("Gate".to_owned()), ..found([10, 0, 0, 31], 80) });
    let found = answered.sorted();
    assert!(found.len() < 100, "{}", found.len());
    assert_eq!(
        found.first().map(|found| (found.address.to_string(), found.name.clone())),
        Some(("10.0.0.31".to_owned(), Some("Gate".to_owned())))
    );
}

#[test]
fn a_password_that_a_camera_writes_into_the_address_of_a_stream_is_taken_out() {
    let login = Login { user: "admin".to_owned(), password: Secret::new("p&w") };
    let clean = |url: &str| without_password(url, Some(&login));
    assert_eq!(
        clean("rtsp://10.0.0.31/user=admin&password=p%26w&channel=1"),
        "rtsp://10.0.0.31/user=admin&password={password}&channel=1"
    );
    let other = "rtsp://10.0.0.31/a?password=another";
    assert_eq!(clean(other), other, "it is not ours");
    assert_eq!(without_password(other, None), other);
    let login = Login { user: "admin".to_owned(), password: Secret::new("hunt er2") };
    let clean = |url: &str| without_password(url, Some(&login));
    assert_eq!(
        clean("rtsp://10.0.0.31/admin/hunt%20er2/ch1?t=hunt%20er22"),
        "rtsp://10.0.0.31/admin/{password}/ch1?t=hunt%20er22",
        "where nothing says that it is one"
    );
    assert_eq!(clean("rtsp://10.0.0.31/a?pwd=hunt%20er2"), "rtsp://10.0.0.31/a?pwd={password}");
}

#[test]
fn an_encrypted_camera_is_not_asked_without_encryption() {
    let asked = AskedDevice::new(url("https://10.0.0.31/onvif/device_service"));
    assert_eq!(asked.service("http://10.0.0.31/m").map(String::from).as_deref(), Ok("https://10.0.0.31/m"));
    let from = url("https://10.0.0.31/onvif/device_service");
    assert!(asked.redirect(&from, "http://10.0.0.31/onvif/device_service").is_err());
    assert!(asked.redirect(&from, "https://10.0.0.32/").is_err());
    assert!(asked.redirect(&from, "/onvif/services").is_ok());
    let from = url("http://10.0.0.31/onvif/device_service");
    assert!(asked.redirect(&from, "https://10.0.0.31/onvif/device_service").is_ok());
    assert!(asked.redirect(&from, "ftp://10.0.0.31/").is_err());
}

#[test]
fn private_addresses_are_distinguished_from_those_of_the_internet() {
    for (address, is_private) in [
        ("http://10.1.2.3/", true),
        ("http://172.31.0.1/", true),
        ("http://100.64.0.1/", true),
        ("http://[fe80::1]/", true),
        ("http://[fd00::1]/", true),
        ("rtsp://192.168.0.9/", true),
        ("rtsp://[fd00::1]/", true),
        ("http://ipcam.local/", true),
        ("http://8.8.8.8/", false),
        ("http://100.128.0.1/", false),
        ("http://172.32.0.1/", false),
        ("http://[2001:db8::1]/", false),
        ("rtsp://8.8.8.8/", false),
        ("rtsp://a.example/", false),
    ] {
        assert_eq!(is_of_the_site(&url(address)), is_private, "{address}");
    }
}

#[test]
fn names_are_compared_by_namespace_and_not_by_prefix() {
    let text = "<?xml version=\"1.0\"?><a:Profiles xmlns:a=\"http://www.onvif.org/ver10/media/wsdl\" token=\" one \">\
        <v:Name xmlns:v=\"http://vendor.example/\">vendor's</v:Name><Name xmlns=\"http://www.onvif.org/ver10/schema\">\
        Gate &amp; <![CDATA[<lane>]]> &#x2014; </Name></a:Profiles>";
    let element = xml::parse(text.as_bytes()).expect("it is read");
    assert_eq!(element.attribute("token"), Some("one"));
    assert_eq!(element.onvif(&["Name"]).map(xml::Element::text), Some("Gate & <lane> \u{2014}"));
    assert!(element.onvif(&["Name", "Name"]).is_none());
}

#[test]
fn what_is_read_goes_back_as_it_came() {
    let text = "<c:Configuration xmlns:c=\"http://www.onvif.org/ver10/media/wsdl\" xmlns:s=\"http://www.onvif.org/ver10/schema\" \
        token=\"a&quot;b\"><s:Name>x &lt; y</s:Name><v:Own xmlns:v=\"http://vendor.example/?a&amp;b\" k=\"1\"><v:In/></v:Own>\
        </c:Configuration>";
    let element = xml::parse(text.as_bytes()).expect("it is read");
    let mut written = String::new();
    element.write(&mut written);
    let envelope = soap::envelope(&written, None);
    let Ok(Message::Body(again)) = soap::message(envelope.as_bytes()) else { panic!("{envelope}") };
    assert_eq!(again.children, element.children);
    assert_eq!(again.attribute("token"), Some("a\"b"));
    assert_eq!(again.children.get(1).map(|own| own.space.as_str()), Some("http://vendor.example/?a&b"));
}

#[test]
fn xml_of_strangers_is_bounded() {
    let deep = format!("{}{}", "<a>".repeat(2_000), "</a>".repeat(2_000));
    let many = format!("<a>{}</a>", "<b/>".repeat(200_000));
    let namespaces: String =
        (0..5_000).map(|at| format!(" xmlns:n{at}=\"http://vendor.example/{at}\"")).collect();
    for (text, why) in [
        ("", Unreadable::Empty),
        (" \n ", Unreadable::Empty),
        ("no xml", Unreadable::Broken),
        ("<a>", Unreadable::Broken),
        ("<a></b>", Unreadable::Broken),
        ("<a/><b/>", Unreadable::Broken),
        ("<a x=\"1\" x=\"2\"/>", Unreadable::Broken),
        ("<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", Unreadable::Entities),
        ("<a>&unknown;</a>", Unreadable::Entities),
        ("<a x=\"&unknown;\"/>", Unreadable::Entities),
        (deep.as_str(), Unreadable::TooDeep),
        (many.as_str(), Unreadable::TooMany),
    ] {
        let start: String = text.chars().take(40).collect();
        assert_eq!(xml::parse(text.as_bytes()), Err(why), "{start}");
    }
    // Every element has its own copy of its namespace.
    let multiplied = format!("<a xmlns=\"http://{}/\">{}</a>", "x".repeat(100_000), "<b/>".repeat(50_000));
    assert_eq!(xml::parse(multiplied.as_bytes()), Err(Unreadable::TooMany));
    // Refused or read, but neither slow nor a panic.
    let _ = xml::parse(format!("<a{namespaces}/>").as_bytes());
    assert!(xml::parse(b"<a>\xff\xfe</a>").is_ok(), "a name in another encoding");
}

#[test]
fn a_username_token_is_that_of_the_standard() {
    // ONVIF's Application Programmer's Guide, section 6.1.1.3.
    let login = Login { user: "user".to_owned(), password: Secret::new("userpassword") };
    let nonce =
        base64::Engine::decode(&base64::engine::general_purpose::STANDARD, "LKqI6G/AikKCQrN0zqZFlg==");
    let token = soap::token_of(&login, "2010-09-16T07:50:45Z", &nonce.expect("base64"));
    assert!(token.contains(">tuOSpGlFlIXsozq4HFNeeGeFLEI=<"), "{token}");
    assert!(!token.contains("userpassword"), "{token}");
    let strange = Login { user: "a<b>&\"c".to_owned(), password: Secret::new("x") };
    let envelope =
        soap::envelope("<tds:GetUsers/>", Some(&soap::username_token(&strange, jiff::SignedDuration::ZERO)));
    assert!(matches!(soap::message(envelope.as_bytes()), Ok(Message::Body(body)) if body.name == "GetUsers"));
}

fn fault_of(inner: &str, space: &str) -> Fault {
    let text = format!(
        "<x:Envelope xmlns:x=\"{space}\" xmlns:ter=\"http://www.onvif.org/ver10/error\"><x:Body><x:Fault>{inner}</x:Fault>\
         </x:Body></x:Envelope>"
    );
    match soap::message(text.as_bytes()) {
        Ok(Message::Fault(fault)) => fault,
        other => panic!("{other:?}"),
    }
}

#[test]
fn faults_of_both_versions_of_soap_are_understood() {
    let fault = fault_of(
        "<x:Code><x:Value>x:Sender</x:Value><x:Subcode><x:Value>ter:InvalidArgVal</x:Value><x:Subcode>\
         <x:Value>ter:ConfigModify</x:Value></x:Subcode></x:Subcode></x:Code><x:Reason><x:Text xml:lang=\"en\">no\u{9b}31m \
         way</x:Text></x:Reason>",
        "http://www.w3.org/2003/05/soap-envelope",
    );
    assert_eq!((fault.code().as_str(), fault.reason.as_str()), ("InvalidArgVal/ConfigModify", "no31m way"));
    assert!(!fault.is_about_login() && !fault.is_lock_out());
    let old = fault_of(
        "<faultcode>ter:NotAuthorized</faultcode><faultstring>Unauthorized</faultstring>",
        "http://schemas.xmlsoap.org/soap/envelope/",
    );
    assert!(old.is_about_login() && !old.is_lock_out());
    assert_eq!(old.code(), "NotAuthorized");
    let of_words = |reason: &str| Fault { codes: vec!["Sender".to_owned()], reason: reason.to_owned() };
    assert!(of_words("User is locked, retry in 1800 s").is_lock_out());
    assert!(!of_words("The door is unlocked; block 3").is_lock_out());
    assert!(of_words("The sender is Not Authorized").is_about_login());
}

#[test]
fn what_a_camera_calls_itself_can_be_shown() {
    assert_eq!(clean("  Gate\r\n 2\u{1b}[31m\u{202e}x "), "Gate 2[31mx");
    assert_eq!(clean(&"a".repeat(500)).len(), LONGEST_NAME);
    assert_eq!(clean("Gate\u{2060}\u{feff}\u{61c}\u{ad}\u{e0041}"), "Gate");
    assert_eq!(named(" \u{7} "), None);
}

#[test]
fn a_profile_without_video_is_none_and_one_with_little_is_one() {
    let space =
        "xmlns=\"http://www.onvif.org/ver20/media/wsdl\" xmlns:t=\"http://www.onvif.org/ver10/schema\"";
    let read = |inner: &str| {
        let text = format!("<Profiles {space} token=\"p1\">{inner}</Profiles>");
        media::profile(&xml::parse(text.as_bytes()).expect("it is read"))
    };
    assert_eq!(read("<Name>Sound</Name><Configurations/>"), None);
    let little = read("<Configurations><VideoEncoder token=\"e\"><t:Encoding>H265</t:Encoding></VideoEncoder></Configurations>")
        .expect("a profile");
    assert_eq!((little.name.as_str(), little.codec.as_str(), little.width), ("p1", "H.265", 0));
    assert_eq!((little.fps, little.keyframe_interval, little.keyframe_seconds()), (None, None, None));
    let long = format!(
        "<Profiles {space} token=\"{}\"><Configurations><VideoEncoder/></Configurations></Profiles>",
        "x".repeat(1_000)
    );
    assert_eq!(media::profile(&xml::parse(long.as_bytes()).expect("it is read")), None);
    let stream = |length: usize| {
        let uri = format!("rtsp://10.0.0.31/{}", "x".repeat(length));
        let answer = xml::parse(
            format!("<GetStreamUriResponse {space}><Uri>{uri}</Uri></GetStreamUriResponse>").as_bytes(),
        );
        Service::Media2.stream(&answer.expect("it is read")).map(str::len)
    };
    assert_eq!((stream(100), stream(100_000)), (Some(117), None));
    let odd = read(
        "<Configurations><VideoEncoder token=\"e\" GovLength=\"0\"><t:Encoding>JPEG</t:Encoding><t:RateControl>\
         <t:FrameRateLimit>NaN</t:FrameRateLimit><t:BitrateLimit>-3</t:BitrateLimit></t:RateControl></VideoEncoder>\
         </Configurations>",
    )
    .expect("a profile");
    assert_eq!((odd.codec.as_str(), odd.fps, odd.kbps, odd.keyframe_interval), ("MJPEG", None, None, None));
}

#[test]
fn a_stream_of_single_pictures_has_no_keyframe_interval_to_set() {
    let text = "<Configuration xmlns=\"http://www.onvif.org/ver10/schema\" token=\"e\"><Encoding>JPEG</Encoding></Configuration>";
    let encoder = xml::parse(text.as_bytes()).expect("it is read");
    assert_eq!(Service::Media.with_keyframe_interval(encoder.clone(), 50), None);
    assert_eq!(Service::Media2.with_keyframe_interval(encoder, 50), None);
}

#[test]
fn known_paths_are_paths_and_every_maker_is_there_once() {
    let mut makers = std::collections::HashSet::new();
    for MakersPath { maker, path, large } in known_paths() {
        assert!(makers.insert(maker), "{maker}");
        assert!(
            path.starts_with('/') && large.is_none_or(|large| large.starts_with('/') && large != *path),
            "{maker}"
        );
    }
}

#[test]
fn every_fault_has_a_sentence_and_a_hint_in_both_languages() {
    let (address, user) = ("10.0.0.31".to_owned(), "admin".to_owned());
    let error = OnvifError::PasswordWrong { address: address.clone(), user };
    assert_eq!(error.to_string(), "the camera at 10.0.0.31 refuses the password of user `admin`");
    let nobody = OnvifError::Forbidden { address, user: String::new() };
    assert_eq!(nobody.to_string(), "the camera at 10.0.0.31 does not allow this");
    assert_ne!(nobody.hint(), error.hint());
}
