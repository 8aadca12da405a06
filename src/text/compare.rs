//! What `lookout compare` says beside its report, and what can be wrong with what it is given.

sentences! { "compare";
    no_camera_in_both():
        "the two configurations have no camera in common",
        "两份配置没有相同的摄像机";
    try_same_camera():
        "the recording stands for one camera: give it the same id in both",
        "录像代表一路摄像机：请在两份配置中使用相同的编号";
    several_in_both():
        "the two configurations have several cameras in common",
        "两份配置有多路相同的摄像机";
    camera_is_not_in(id, file):
        "the configuration {file} has no camera `{id}`",
        "配置 {file} 中没有摄像机 `{id}`";
    playing_old(file):
        "1 of 2, {file}",
        "第 1 遍，共 2 遍（{file}）";
    playing_new(file):
        "2 of 2, {file}",
        "第 2 遍，共 2 遍（{file}）";
    so_far(what, done):
        "{what}: {done}",
        "{what}：{done}";
    with_configuration(file, what):
        "with {file}: {what}",
        "按 {file}：{what}";
    written(file):
        "written: {file}",
        "已写入：{file}";
}
