//! What can be wrong with a camera's pictures, in sentences for people.

use super::words::Language;
use crate::analysis::camera_health::NoVideoCause;
use crate::types::camera_condition::CameraCondition;

impl CameraCondition {
    /// The title of an alert about it.
    pub fn title(self, camera: &str, language: Language) -> String {
        let (en, zh) = match self {
            CameraCondition::NoVideo => ("Camera {} gives no video", "摄像机 {} 无视频"),
            CameraCondition::Frozen => ("Picture of camera {} frozen", "摄像机 {} 画面冻结"),
            CameraCondition::Dark => ("Picture of camera {} dark", "摄像机 {} 画面过暗"),
            CameraCondition::OverExposed => ("Camera {} over-exposed", "摄像机 {} 画面过曝"),
            CameraCondition::Covered => ("Camera {} covered", "摄像机 {} 被遮挡"),
            CameraCondition::Moved => ("Camera {} moved or turned", "摄像机 {} 被移动或转向"),
            CameraCondition::Blurred => ("Picture of camera {} blurred", "摄像机 {} 画面模糊"),
            CameraCondition::Sprayed => {
                ("Lens of camera {} sprayed or partly covered", "摄像机 {} 镜头被喷涂或部分遮挡")
            }
        };
        let text = match language {
            Language::English => en,
            Language::Chinese => zh,
        };
        text.replace("{}", camera)
    }

    /// The title where no video comes: why, as far as that is known, and where the camera is to be found.
    pub fn no_video_title(
        camera: &str,
        cause: Option<NoVideoCause>,
        device: Option<&str>,
        language: Language,
    ) -> String {
        let mut title = CameraCondition::NoVideo.title(camera, language);
        let (colon, open, close) = match language {
            Language::English => (": ", " (", ")"),
            Language::Chinese => ("：", "（", "）"),
        };
        if let Some(cause) = cause {
            title.push_str(colon);
            title.push_str(why_no_video(cause, language));
        }
        if let Some(device) = device {
            title.push_str(open);
            title.push_str(device);
            title.push_str(close);
        }
        title
    }
}

/// Why there is no video, in a few words.
pub fn why_no_video(cause: NoVideoCause, language: Language) -> &'static str {
    let (en, zh) = match cause {
        NoVideoCause::WrongPassword => ("wrong password", "密码错误"),
        NoVideoCause::PasswordNeeded => ("it asks for a password and none is given", "需要密码但未配置"),
        NoVideoCause::LoginElsewhere => (
            "it sends us on to another host, which asks for a password",
            "被转到另一台主机，且该主机要求密码",
        ),
        NoVideoCause::UnknownLogin => ("its way to log in is not supported", "不支持其登录方式"),
        NoVideoCause::Forbidden => {
            ("wrong password, or no right to watch this stream", "密码错误或该用户无权查看此视频流")
        }
        NoVideoCause::NoSuchStream => ("no such stream", "没有该视频流"),
        NoVideoCause::UnknownHost => ("unknown host", "主机名无法解析"),
        NoVideoCause::ConnectionRefused => ("connection refused", "连接被拒绝"),
        NoVideoCause::Unreachable => ("it cannot be reached", "网络不通"),
        NoVideoCause::NoAnswer => ("no answer", "无应答"),
        NoVideoCause::NotRtsp => ("what answers there is no camera stream", "该地址不提供视频流"),
        NoVideoCause::Busy => ("too many viewers", "连接数已满"),
        NoVideoCause::SentAstray => {
            ("it sends us on to an address that cannot be followed", "被转到无法跟随的地址")
        }
        NoVideoCause::RequestRefused => ("it refuses the stream", "请求被拒绝"),
        NoVideoCause::Certificate => ("its certificate is not trusted", "证书不受信任"),
        NoVideoCause::UnsupportedVideo => ("its video format is not supported", "不支持其视频格式"),
        NoVideoCause::NoVideoTrack => ("the stream has no video", "该流不含视频"),
        NoVideoCause::NoPicture => ("connected, but no picture comes", "已连接但没有画面"),
        NoVideoCause::Closed => ("it closed the stream", "视频流被摄像机关闭"),
        NoVideoCause::BadFile => ("the video file cannot be read", "视频文件无法读取"),
        NoVideoCause::BoxFault => ("a fault in the box", "设备自身故障"),
    };
    match language {
        Language::English => en,
        Language::Chinese => zh,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_condition_has_the_same_name_everywhere_and_a_title_in_both_languages() {
        for condition in CameraCondition::ALL {
            assert_eq!(serde_json::to_value(condition).expect("a word"), condition.name());
            assert!(condition.title("cam-03", Language::English).is_ascii());
            let chinese = condition.title("cam-03", Language::Chinese);
            assert!(chinese.contains(" cam-03 "), "{chinese}");
            assert!(chinese.replace("cam-03", "").chars().all(|c| c == ' ' || !c.is_ascii()), "{chinese}");
        }
    }

    #[test]
    fn every_cause_has_a_name_of_its_own_and_words_in_both_languages() {
        for (i, cause) in NoVideoCause::ALL.into_iter().enumerate() {
            assert_eq!(NoVideoCause::named(cause.name()), Some(cause));
            assert!(why_no_video(cause, Language::English).is_ascii());
            assert!(why_no_video(cause, Language::Chinese).chars().all(|c| !c.is_ascii()));
            for other in &NoVideoCause::ALL[..i] {
                assert_ne!(why_no_video(*other, Language::Chinese), why_no_video(cause, Language::Chinese));
            }
        }
    }

    #[test]
    fn a_title_says_which_camera_why_and_where() {
        let title =
            |cause, device, language| CameraCondition::no_video_title("cam-03", cause, device, language);
        let wrong = Some(NoVideoCause::WrongPassword);
        let at = Some("10.0.0.31:554");
        assert_eq!(
            title(wrong, at, Language::English),
            "Camera cam-03 gives no video: wrong password (10.0.0.31:554)"
        );
        assert_eq!(title(wrong, at, Language::Chinese), "摄像机 cam-03 无视频：密码错误（10.0.0.31:554）");
        assert_eq!(title(None, None, Language::English), "Camera cam-03 gives no video");
    }
}
