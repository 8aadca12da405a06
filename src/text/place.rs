//! Where things are: grid codes, and the zones and lines of a camera.

sentences! { "place";
    digits_only():
        "a grid code holds digits only",
        "网格编码只能是数字";
    wrong_length(digits):
        "a grid code has 6 digits (county), 9 (sub-district), 12 (community) or 14 and more (grid), not {digits}",
        "网格编码为 6 位（县区）、9 位（街道）、12 位（社区）或 14 位以上（网格），而这里是 {digits} 位";
    not_on_camera(rule, place, camera):
        "rule `{rule}` names `{place}`, which camera `{camera}` does not have",
        "规则 `{rule}` 引用了 `{place}`，而摄像机 `{camera}` 没有";
    try_drawing():
        "draw it on that camera, or take the camera out of the rule",
        "请在该摄像机上画出，或从规则中去掉该摄像机";
}
