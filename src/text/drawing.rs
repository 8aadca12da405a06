//! What is said of a video that is drawn of a recording, and why there is none.

sentences! { "drawing";
    // ---- why none is written
    not_mp4(path):
        "{path} is the name of no mp4 file",
        "{path} 不是 mp4 文件名";
    try_mp4():
        "name a file that ends in .mp4",
        "请写以 .mp4 结尾的文件名";
    unwritable(path, why):
        "the video {path} cannot be written: {why}",
        "视频 {path} 无法写入：{why}";
    try_file_in_it():
        "name a file in it",
        "请写出其中的一个文件";
    is_the_recording(path):
        "{path} is the recording itself",
        "{path} 就是录像本身";
    no_encoder():
        "no encoder for video is installed that browsers can play",
        "没有安装浏览器能播放的视频编码器";
    try_encoder():
        "install gstreamer1.0-plugins-bad (H.264) or gstreamer1.0-plugins-good (VP9), as deploy/setup.sh does",
        "请安装 gstreamer1.0-plugins-bad（H.264）或 gstreamer1.0-plugins-good（VP9），deploy/setup.sh 会安装它们";
    not_encoded(detail):
        "the video cannot be encoded: {detail}",
        "视频无法编码（{detail}）";
    no_signals(error):
        "Ctrl-C cannot be waited for: {error}",
        "无法等待 Ctrl-C（原文：{error}）";
    encoder_hangs(seconds):
        "the encoder of the video has taken nothing for {seconds} s",
        "视频编码器已 {seconds} 秒没有反应";

    // ---- in the picture: the state of a rule, short; characters are in `evidence::wide_glyphs`
    off(): "off", "未布防";
    watches(): "watches", "监看";
    holds(): "holds", "成立";
    alert(level): "alert {level}", "报警 {level}";

    // ---- what came of it
    drawn(path, encoder, width, height):
        "drawn: {path}, {encoder}, {width} x {height}, people made unrecognisable as in evidence",
        "已绘制：{path}，{encoder}，{width} x {height}，人员已像取证图片一样打码";
    grey(count, pictures, why):
        "{count} of {pictures} pictures are grey, as they could not be redacted: {why}",
        "{pictures} 幅画面中有 {count} 幅无法打码，显示为灰色：{why}";
    coarse(count, pictures, minutes):
        "{count} of {pictures} pictures are coarse everywhere: what the camera sees when nobody is there is known only after {minutes} minutes",
        "{pictures} 幅画面中有 {count} 幅整幅打码：要观察 {minutes} 分钟后，才知道无人时画面的样子";
}
