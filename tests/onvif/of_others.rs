//! A camera that others wrote: ipycam, in the environment that `deploy/setup.sh --test` makes.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use lookout::onvif::{Device, OnvifError, choose, discover, service_at};

use super::login;
use super::support::python::python;

struct Ipycam {
    child: Child,
    /// The camera ends with it.
    stdin: Option<ChildStdin>,
    port: u16,
}

impl Ipycam {
    fn start() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/onvif/ipycam_server.py");
        let mut child = Command::new(python("ipycam", "LOOKOUT_IPYCAM"))
            .arg(script)
            .args(["admin", "a password"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().parse().unwrap_or_else(|_| panic!("the camera does not start: {line}"));
        Ipycam { stdin: child.stdin.take(), child, port }
    }
}

impl Drop for Ipycam {
    fn drop(&mut self) {
        drop(self.stdin.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
#[ignore = "needs ipycam, which deploy/test.sh installs"]
async fn a_camera_that_others_wrote_is_found_and_read() {
    let camera = Ipycam::start();
    let service = service_at("127.0.0.1", Some(camera.port)).unwrap();
    let found = discover(Duration::from_secs(2)).await.unwrap();
    let own = found.iter().find(|found| found.service == service);
    assert_eq!(own.and_then(|own| own.name.as_deref()), Some("Yard"), "{found:?}");

    let error = Device::open(&service, Some(&login("admin", "wrong"))).await.unwrap_err();
    assert!(matches!(error, OnvifError::PasswordWrong { .. }), "{error:?}");
    let error = Device::open(&service, None).await.unwrap_err();
    assert!(matches!(error, OnvifError::PasswordNeeded { .. }), "{error:?}");

    let device = Device::open(&service, Some(&login("admin", "a password"))).await.unwrap();
    assert_eq!(device.information().maker.as_deref(), Some("PythonCam"));
    let profiles = device.profiles().await.unwrap();
    let choice = choose(&profiles).unwrap();
    assert_eq!((choice.watch.name.as_str(), choice.watch.width), ("SubStream", 640));
    assert_eq!(choice.watch.url, "rtsp://127.0.0.1:8554/video_sub");
    let large = choice.large.unwrap();
    assert_eq!((large.name.as_str(), large.codec.as_str(), large.kbps), ("MainStream", "H.264", Some(8000)));
    // It has no such setting, and says so.
    let error = device.set_keyframe_interval(&large, 50).await.unwrap_err();
    assert!(matches!(error, OnvifError::Unsupported { .. } | OnvifError::Fault { .. }), "{error:?}");
}
