//! Cameras answer on the loopback network. Other tests may run cameras at the same time, so each looks for its own.

use std::time::Duration;

use lookout::onvif::{Device, Found, discover};

use super::admin;
use super::support::onvif_camera::{OnvifCamera, Setup, Trouble};

const WITHIN: Duration = Duration::from_secs(2);

fn of<'f>(found: &'f [Found], camera: &OnvifCamera) -> Vec<&'f Found> {
    found.iter().filter(|found| found.endpoint == camera.endpoint()).collect()
}

#[tokio::test]
async fn each_camera_is_found_once_with_its_name_and_where_to_ask_it() {
    let gate = OnvifCamera::start(Setup::default());
    let yard = OnvifCamera::start(Setup { name: "Yard", ..Setup::default() });
    let found = discover(WITHIN).await.unwrap();
    for (camera, name) in [(&gate, "Sim Gate & Lane"), (&yard, "Yard")] {
        let own = of(&found, camera);
        assert_eq!(own.len(), 1, "{found:?}");
        assert_eq!(own[0].name.as_deref(), Some(name));
        assert_eq!(own[0].model.as_deref(), Some("SIM-1"));
        assert!(own[0].address.is_loopback(), "{found:?}");
        assert_eq!(own[0].service.as_str(), camera.service());
        assert!(own[0].scopes.iter().any(|scope| scope == "onvif://www.onvif.org/location/gate"));
    }
    let device = Device::open(&of(&found, &gate)[0].service, Some(&admin())).await.unwrap();
    assert_eq!(device.profiles().await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_camera_that_names_another_address_is_asked_where_its_answer_came_from() {
    let lying = OnvifCamera::start(Setup {
        trouble: Trouble::NamesItself("192.168.77.5:8000".to_owned()),
        ..Setup::default()
    });
    let found = discover(WITHIN).await.unwrap();
    let own = of(&found, &lying);
    assert_eq!(own.len(), 1, "{found:?}");
    assert_eq!(own[0].service.as_str(), "http://127.0.0.1:8000/onvif/device_service");
}

#[tokio::test]
async fn a_camera_that_names_a_host_of_the_internet_is_asked_where_its_answer_came_from() {
    let trouble = Trouble::NamesItself("203.0.113.9".to_owned());
    let lying = OnvifCamera::start(Setup { trouble, ..Setup::default() });
    let found = discover(WITHIN).await.unwrap();
    let own = of(&found, &lying);
    assert_eq!(own.len(), 1, "{found:?}");
    assert_eq!(own[0].service.as_str(), "http://127.0.0.1/onvif/device_service");
}
