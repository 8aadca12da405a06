//! What a configuration from the command centre may not do, though the file on the box may.

sentences! { "policy";
    no_rule_left():
        "it has no rule left that watches a camera",
        "没有剩下任何监看摄像机的规则";
    hours_cut(after, before):
        "its rules are in force {after} hours a week, {before} now: hours can be halved at most",
        "规则每周生效 {after} 小时，现在是 {before} 小时：最多只能减半";
    no_camera_left():
        "none of the cameras that run now is left",
        "现有的摄像机一路也不剩";
    no_sensor_left():
        "none of the sensors that run now is left",
        "现有的传感器一个也不剩";
    no_admin_left():
        "it names no `[[command_key]]` with the role `admin`: nobody could command it any more",
        "其中没有角色为 `admin` 的 `[[command_key]]`：今后将无人能对它下命令";
    threshold_blinds(camera, score, class, most):
        "camera `{camera}`: a threshold of {score} for `{class}` makes it as good as blind; at most {most}",
        "摄像机 `{camera}`：`{class}` 的阈值 {score} 等于让它失明；最大 {most}";
    heights_of_camera(camera, class):
        "camera `{camera}`: the heights of `{class}`",
        "摄像机 `{camera}`：`{class}` 的高度范围";
    heights_of_rule(rule):
        "rule `{rule}`: its heights",
        "规则 `{rule}`：高度范围";
    heights_blind(what, min, max, most_min, least_max, between):
        "{what}, from {min} to {max}, make it as good as blind: the least may be {most_min} at most, the greatest {least_max} at least, with {between} between them",
        "{what} {min} 至 {max} 等于让它失明：下限不得高于 {most_min}，上限不得低于 {least_max}，两者至少相差 {between}";
    other_horizon(camera):
        "camera `{camera}`: its `horizon` is another one than in the file on the box",
        "摄像机 `{camera}`：`horizon` 与盒子上配置文件的不同";
    painted_over(camera, percent):
        "camera `{camera}`: its masks cover {percent} % of the picture",
        "摄像机 `{camera}`：遮罩盖住了画面的 {percent} %";
    file_not_named(camera, path):
        "camera `{camera}`: the file on the box does not name {path}",
        "摄像机 `{camera}`：盒子上的配置文件没有写 {path}";
    secret_elsewhere(camera):
        "camera `{camera}`: the file on the box gives its secret to no camera at this host that proves who it is in this way",
        "摄像机 `{camera}`：盒子上的配置文件里，该主机上没有以这种方式验证身份的摄像机使用这个密码";
    evidence_folder():
        "[evidence] `dir` is another one than in the file on the box",
        "[evidence] `dir` 与盒子上配置文件的不同";
    originals_key():
        "[evidence] `originals_for` is another key than in the file on the box",
        "[evidence] `originals_for` 与盒子上配置文件的密钥不同";
    journal_cut(key, wanted, kept, file):
        "[journal] `{key}` is {wanted}, less than the {kept} of the file on the box: what was recorded of the last days would be deleted, and nobody could judge them any more. From afar it can be raised; to keep less, change it in {file} on the box",
        "[journal] `{key}` 为 {wanted}，少于盒子上配置文件的 {kept}：最近几天的检测日志会被删除，再也无法据此判断。远程只能调高；要减少，请在盒子上的 {file} 里更改";
    section_of_file(section, paths, file):
        "{section} is another one than in the file on the box, and only that file changes it: a slip there could cut the box off, and nobody far away could mend it. From afar go {paths}; change {section} in {file} on the box, which takes it up by itself",
        "{section} 与盒子上配置文件的不同，而它只能在那个文件里更改：写错了盒子可能失联，远程无法补救。可远程更改的是 {paths}；{section} 请在盒子上的 {file} 里更改，保存后自动生效";
    listener():
        "[sensors] the listener for posted readings is another one than in the file on the box",
        "[sensors] 接收 HTTP 上报的监听与盒子上配置文件的不同";
    broker_elsewhere(broker):
        "broker `{broker}`: the file on the box gives no such secret or certificate to this host",
        "MQTT 服务器 `{broker}`：盒子上的配置文件没有把这样的密码或证书给过该主机";
    serial_port(path):
        "the file on the box does not name the serial port {path}",
        "盒子上的配置文件没有写串口 {path}";
}
