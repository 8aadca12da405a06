//! One camera is asked: logins of every kind, both services, clocks, faults, and strangers who mean harm.

use std::time::{Duration, Instant};

use lookout::onvif::{Device, OnvifError, choose};
use url::Url;

use super::support::onvif_camera::{Auth, Media, OnvifCamera, Setup, Stream, Trouble};
use super::support::tls_front::{Authority, Kind, TlsFront};
use super::{admin, login, open};

fn with(auth: Auth) -> Setup {
    Setup { auth, ..Setup::default() }
}

fn in_trouble(trouble: Trouble) -> Setup {
    Setup { trouble, ..Setup::default() }
}

/// Everything is asked, and nothing ever holds the password.
async fn works(camera: &OnvifCamera, what: &str) -> Device {
    let device = open(camera, &admin()).await.unwrap_or_else(|error| panic!("{what}: {error}"));
    let information = device.information();
    assert_eq!(information.maker.as_deref(), Some("Simulated"), "{what}");
    assert_eq!(information.model.as_deref(), Some("SIM-1 [31m"), "{what}: nothing steers a terminal");
    assert_eq!(information.firmware.as_deref(), Some("1.0 <b>"), "{what}");
    let profiles = device.profiles().await.unwrap_or_else(|error| panic!("{what}: {error}"));
    let sizes: Vec<(u32, u32)> = profiles.iter().map(|profile| (profile.width, profile.height)).collect();
    assert_eq!(sizes, [(2560, 1440), (640, 360), (320, 180)], "{what}");
    let sub = &profiles[1];
    assert_eq!((sub.name.as_str(), sub.codec.as_str()), ("SubStream", "H.264"), "{what}");
    assert_eq!((sub.fps, sub.kbps, sub.keyframe_interval), (Some(25.0), Some(1280), Some(100)), "{what}");
    assert_eq!(sub.url, "rtsp://127.0.0.1:554/sub?a=1&b=2", "{what}");
    let choice = choose(&profiles).unwrap();
    assert_eq!(choice.watch.token, "sub", "{what}");
    assert_eq!(choice.large.unwrap().token, "main", "{what}");
    for asked in camera.asked() {
        assert!(!asked.message.contains("w0rd"), "{what}: {}", asked.message);
        let authorization = asked.authorization.unwrap_or_default();
        assert!(authorization.is_empty() || authorization.starts_with("Digest "), "{what}: {authorization}");
    }
    device
}

#[tokio::test]
async fn every_way_to_log_in_works_and_no_password_is_sent_as_it_is() {
    for auth in [Auth::Open, Auth::Digest, Auth::DigestSha256, Auth::Token, Auth::BasicOrToken] {
        let camera = OnvifCamera::start(with(auth));
        works(&camera, &format!("{auth:?}")).await;
        assert_eq!(camera.wrong_passwords(), 0, "{auth:?}");
        let asked = camera.asked();
        let (tokens, digests) = (
            asked.iter().filter(|asked| asked.has_token).count(),
            asked.iter().filter(|asked| asked.authorization.is_some()).count(),
        );
        match auth {
            Auth::Open => assert_eq!((tokens, digests), (0, 0), "nobody asked for it"),
            Auth::Digest | Auth::DigestSha256 => assert!(tokens == 0 && digests > 3, "{tokens} {digests}"),
            Auth::Token | Auth::BasicOrToken => assert!(tokens > 3 && digests == 0, "{tokens} {digests}"),
        }
    }
}

#[tokio::test]
async fn a_camera_with_one_service_or_an_old_one_is_read_as_well() {
    for media in [Media::Media1, Media::Media2, Media::Capabilities, Media::PretendsMedia2] {
        let camera = OnvifCamera::start(Setup { media, ..Setup::default() });
        let device = works(&camera, &format!("{media:?}")).await;
        let profiles = device.profiles().await.unwrap();
        assert_eq!(device.set_keyframe_interval(&profiles[1], 50).await, Ok(50), "{media:?}");
        assert_eq!(camera.keyframe_interval("sub"), 50, "{media:?}");
    }
}

#[tokio::test]
async fn h265_is_read_where_the_camera_has_media2() {
    let large = Stream { encoding: "H265", ..Stream::new("main", "Main", (3840, 2160), 50) };
    let streams = vec![large, Stream::new("sub", "Sub", (704, 576), 50)];
    let camera = OnvifCamera::start(Setup { streams, ..Setup::default() });
    let device = open(&camera, &admin()).await.unwrap();
    let profiles = device.profiles().await.unwrap();
    assert_eq!(profiles[0].codec, "H.265");
    assert_eq!(profiles[0].keyframe_interval, Some(50));
}

#[tokio::test]
async fn the_keyframe_interval_is_set_and_read_back() {
    for auth in [Auth::Digest, Auth::Token] {
        let camera = OnvifCamera::start(Setup { most_keyframe_interval: 60, ..with(auth) });
        let device = open(&camera, &admin()).await.unwrap();
        let profiles = device.profiles().await.unwrap();
        assert_eq!(device.set_keyframe_interval(&profiles[1], 30).await, Ok(30));
        assert_eq!(camera.keyframe_interval("sub"), 30);
        assert_eq!(camera.keyframe_interval("main"), 250, "no other stream changes");
        assert_eq!(device.set_keyframe_interval(&profiles[1], 75).await, Ok(60), "as the camera made it");
        let read = device.profiles().await.unwrap();
        assert_eq!(read[1].keyframe_interval, Some(60));
    }
}

#[tokio::test]
async fn a_camera_that_refuses_a_change_is_quoted() {
    let camera = OnvifCamera::start(in_trouble(Trouble::RefusesChanges));
    let device = open(&camera, &admin()).await.unwrap();
    let profiles = device.profiles().await.unwrap();
    let error = device.set_keyframe_interval(&profiles[0], 30).await.unwrap_err();
    let said = error.sentence().to_string();
    assert!(said.contains("InvalidArgVal/ConfigModify"), "{said}");
    assert!(said.contains("The encoder is used by an analytics module"), "{said}");
    let mjpeg = Stream { encoding: "JPEG", ..Stream::new("main", "Main", (640, 480), 1) };
    let camera = OnvifCamera::start(Setup { streams: vec![mjpeg], ..Setup::default() });
    let device = open(&camera, &admin()).await.unwrap();
    let profiles = device.profiles().await.unwrap();
    let error = device.set_keyframe_interval(&profiles[0], 30).await.unwrap_err();
    assert!(matches!(error, OnvifError::Unsupported { .. }), "{error:?}");
}

#[tokio::test]
async fn a_wrong_password_is_tried_once() {
    for auth in [Auth::Digest, Auth::DigestSha256, Auth::Token, Auth::BasicOrToken] {
        let camera = OnvifCamera::start(with(auth));
        let error = open(&camera, &login("admin", "wrong")).await.unwrap_err();
        assert!(
            matches!(&error, OnvifError::PasswordWrong { user, .. } if user == "admin"),
            "{auth:?}: {error:?}"
        );
        assert_eq!(camera.wrong_passwords(), 1, "{auth:?}");
        assert!(!error.hint().to_string().is_empty());
    }
}

#[tokio::test]
async fn without_a_login_a_camera_that_wants_one_says_so() {
    for auth in [Auth::Digest, Auth::Token] {
        let camera = OnvifCamera::start(with(auth));
        let error = Device::open(&Url::parse(&camera.service()).unwrap(), None).await.unwrap_err();
        assert!(matches!(error, OnvifError::PasswordNeeded { .. }), "{auth:?}: {error:?}");
    }
    let camera = OnvifCamera::start(with(Auth::Open));
    let device = Device::open(&Url::parse(&camera.service()).unwrap(), None).await.unwrap();
    assert_eq!(device.profiles().await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_locked_user_and_one_without_rights_are_distinguished_from_a_wrong_password() {
    for auth in [Auth::Digest, Auth::Token] {
        let camera = OnvifCamera::start(Setup { trouble: Trouble::LocksAfter(1), ..with(auth) });
        let first = open(&camera, &login("admin", "wrong")).await.unwrap_err();
        assert!(matches!(first, OnvifError::PasswordWrong { .. }), "{auth:?}: {first:?}");
        let second = open(&camera, &admin()).await.unwrap_err();
        assert!(matches!(second, OnvifError::LockedOut { .. }), "{auth:?}: {second:?}");

        let camera = OnvifCamera::start(Setup { trouble: Trouble::NoRights, ..with(auth) });
        let device = open(&camera, &admin()).await.unwrap();
        let refused = device.profiles().await.unwrap_err();
        assert!(matches!(refused, OnvifError::Forbidden { .. }), "{auth:?}: {refused:?}");
    }
}

#[tokio::test]
async fn a_camera_whose_clock_is_wrong_takes_the_login_all_the_same() {
    for hours in [-24 * 365 * 20, -3, 5] {
        let camera = OnvifCamera::start(Setup { clock_ahead: hours * 3600, ..with(Auth::Token) });
        let device = works(&camera, &format!("{hours} h")).await;
        let ahead = device.clock_ahead().unwrap().as_secs();
        assert!((ahead - hours * 3600).abs() < 10, "{ahead} s instead of {hours} h");
    }
}

#[tokio::test]
async fn a_nonce_that_is_over_is_replaced() {
    let camera = OnvifCamera::start(Setup { nonce_good_for: 2, ..Setup::default() });
    works(&camera, "nonces").await;
    assert_eq!(camera.wrong_passwords(), 0);
}

#[tokio::test]
async fn a_camera_behind_a_router_is_asked_where_it_was_found() {
    let camera = OnvifCamera::start(in_trouble(Trouble::NamesItself("192.168.77.5:80".to_owned())));
    let device = open(&camera, &admin()).await.unwrap();
    let profiles = device.profiles().await.unwrap();
    assert_eq!(profiles[1].url, "rtsp://127.0.0.1:554/sub?a=1&b=2");
}

#[tokio::test]
async fn a_password_goes_to_no_other_host() {
    let elsewhere = "203.0.113.9".to_owned();
    let camera = OnvifCamera::start(in_trouble(Trouble::NamesItself(elsewhere.clone())));
    let error = open(&camera, &admin()).await.unwrap_err();
    assert!(matches!(&error, OnvifError::SentElsewhere { to, .. } if *to == elsewhere), "{error:?}");

    let camera = OnvifCamera::start(in_trouble(Trouble::NamesStreams(elsewhere.clone())));
    let device = open(&camera, &admin()).await.unwrap();
    let error = device.profiles().await.unwrap_err();
    assert!(matches!(&error, OnvifError::SentElsewhere { to, .. } if *to == elsewhere), "{error:?}");

    let other = OnvifCamera::start(Setup::default());
    let to = other.service().replace("127.0.0.1", "localhost");
    let camera = OnvifCamera::start(in_trouble(Trouble::Redirect(to)));
    let error = open(&camera, &admin()).await.unwrap_err();
    assert!(matches!(error, OnvifError::SentElsewhere { .. }), "{error:?}");
    assert_eq!(other.asked().len(), 0, "the redirect was followed");
}

#[tokio::test]
async fn a_redirect_to_another_port_of_the_camera_is_followed_but_not_in_a_circle() {
    let right = OnvifCamera::start(Setup::default());
    let camera = OnvifCamera::start(in_trouble(Trouble::Redirect(right.service())));
    let device = open(&camera, &admin()).await.unwrap();
    assert_eq!(device.service().as_str(), right.service());
    assert_eq!(device.profiles().await.unwrap().len(), 3);
    let circle = OnvifCamera::start(in_trouble(Trouble::Redirect("/onvif/device_service".to_owned())));
    let error = open(&circle, &admin()).await.unwrap_err();
    assert!(matches!(error, OnvifError::SentElsewhere { .. }), "{error:?}");
    assert!(circle.asked().len() < 10);
}

#[tokio::test]
async fn a_camera_that_encrypts_with_a_certificate_of_its_own_is_asked_encrypted_to_the_end() {
    let camera = OnvifCamera::start(Setup::default());
    let authority = Authority::new();
    let front = TlsFront::start(&authority, Kind::SelfSigned, camera.port());
    let service = format!("https://127.0.0.1:{}/onvif/device_service", front.url().port());
    let device = Device::open(&Url::parse(&service).unwrap(), Some(&admin())).await.unwrap();
    let profiles = device.profiles().await.unwrap();
    assert_eq!(profiles.len(), 3);
    // Whoever speaks plainly where encryption is expected is told so.
    let plain = camera.service().replace("http://", "https://");
    let error = Device::open(&Url::parse(&plain).unwrap(), Some(&admin())).await.unwrap_err();
    assert!(matches!(error, OnvifError::NotEncrypted { .. } | OnvifError::NoAnswer { .. }), "{error:?}");
}

#[tokio::test]
async fn what_is_no_camera_is_reported_with_what_it_is() {
    for (trouble, expected) in [
        (Trouble::Page(200), "not_onvif"),
        (Trouble::Page(404), "not_onvif"),
        (Trouble::Overloaded, "failed"),
        (Trouble::Entities, "misread"),
        (Trouble::Torn, "misread"),
        (Trouble::Endless, "too_large"),
    ] {
        let what = format!("{trouble:?}");
        let camera = OnvifCamera::start(in_trouble(trouble));
        let error = open(&camera, &admin()).await.unwrap_err();
        assert_eq!(error.sentence().code(), format!("onvif.{expected}"), "{what}: {error}");
    }
}

#[tokio::test]
async fn a_camera_that_is_silent_is_given_up() {
    let camera = OnvifCamera::start(in_trouble(Trouble::Silent));
    let before = Instant::now();
    let error = open(&camera, &admin()).await.unwrap_err();
    assert!(matches!(error, OnvifError::NoAnswer { .. }), "{error:?}");
    assert!(before.elapsed() < Duration::from_secs(40));
}

#[tokio::test]
async fn where_nobody_is_that_is_said() {
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let service = lookout::onvif::service_at("127.0.0.1", Some(port)).unwrap();
    let error = Device::open(&service, None).await.unwrap_err();
    assert!(matches!(error, OnvifError::Refused { .. }), "{error:?}");
    let nowhere = lookout::onvif::service_at("no-such-camera.invalid", None).unwrap();
    let error = Device::open(&nowhere, None).await.unwrap_err();
    assert!(matches!(error, OnvifError::UnknownHost { .. }), "{error:?}");
}
