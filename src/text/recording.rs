//! What a file is that is read as a recording, why it cannot be read, and what to do about it.

sentences! { "recording";
    is(path, what):
        "`{path}` {what}",
        "`{path}` {what}";
    missing(path):
        "there is no file `{path}`",
        "没有文件 `{path}`";
    unreadable(path, detail):
        "cannot read `{path}`: {detail}",
        "无法读取 `{path}`（{detail}）";
    not_video(path, detail):
        "`{path}` is no video that can be read ({detail})",
        "`{path}` 不是能读取的视频（{detail}）";
    try_permissions():
        "check the file's permissions",
        "请检查文件权限";
    try_other_player(path):
        "it may be damaged or encrypted: play it with another player, or copy what is sound of it: ffmpeg -i '{path}' -c copy copied.mkv",
        "文件可能损坏或已加密：请用其他播放器试放，或复制其中完好的部分：ffmpeg -i '{path}' -c copy copied.mkv";

    // ---- why it cannot be opened
    is_directory():
        "it is a directory; name one recording in it",
        "这是一个目录，请写出其中的一个录像文件";
    is_device():
        "it is a device or a pipe; save the recording in a file first",
        "这是设备或管道，请先把录像保存为文件";

    // ---- what it is instead
    empty():
        "is empty",
        "是空文件";
    zeros():
        "begins with nothing but zeros: space that was set aside for a recording and not written",
        "开头全是零：这是为录像预留、但没有写入的空间";
    text():
        "is a text and no recording",
        "是文本，不是录像";
    play_list():
        "is a play list and no recording",
        "是播放列表，不是录像";
    picture():
        "is a single picture and no recording",
        "是单张图片，不是录像";
    archive():
        "is an archive (zip and the like)",
        "是压缩包（zip 等）";
    program():
        "is a program: some recorders pack a player and the recording into one",
        "是程序：有些录像机会把播放器和录像打包在一起";
    sound():
        "holds sound and no video",
        "只有声音，没有视频";
    ogg():
        "is an Ogg file, which Lookout does not read",
        "是 Ogg 文件，Lookout 不支持";
    encrypted():
        "is encrypted",
        "已加密";
    document():
        "is a document or a database and no recording",
        "是文档或数据库，不是录像";
    hikvision():
        "is a recording of a Hikvision recorder in a form of its own, or encrypted",
        "是海康威视录像机的专有格式，或已加密";
    unknown():
        "is in no form that Lookout knows; it may be encrypted, or damaged at its beginning",
        "是 Lookout 不识别的格式；可能已加密，或开头损坏";
    without_index():
        "is an mp4 recording that was cut off before its index was written, so nobody knows where its pictures are",
        "是未写完索引就中断的 mp4 录像，无法知道画面在哪里";
    holds_codec(codec):
        "holds video as {codec}, which Lookout does not read",
        "视频编码为 {codec}，Lookout 不支持";
    holds_encrypted():
        "holds encrypted video",
        "其中的视频已加密";
    holds_as_in_mp4(codec):
        "holds {codec} as an mp4 does, without start codes and parameter sets: it was copied out of one unchanged, and no player can show it",
        "其中的 {codec} 与 mp4 中一样没有起始码和参数集：是从 mp4 原样复制出来的，任何播放器都无法播放";
    holds_only_sound():
        "holds no video, only sound",
        "没有视频，只有声音";
    holds_only(found):
        "holds no video, only {found}",
        "没有视频，只有 {found}";
    holds_no_video():
        "holds no video",
        "没有视频";
    holds_no_known_video():
        "is a recorder's file in which no video is found that Lookout knows; it may be encrypted, or without a key frame",
        "是录像机的文件，但其中没有 Lookout 能识别的视频；可能已加密，或没有关键帧";

    // ---- what to do about it
    try_copy_again():
        "copy it again; the disk or card may have been full",
        "请重新复制；当时磁盘或存储卡可能已满";
    try_copy_or_another():
        "copy it again, or take another recording",
        "请重新复制，或换一个录像";
    try_name_recording():
        "name the recording itself: mp4, mkv, avi, ts, mpg, flv or dav",
        "请写出录像文件本身：mp4、mkv、avi、ts、mpg、flv 或 dav";
    try_play_list(file):
        "name one of the files in it, or fetch it: ffmpeg -i {file} -c copy fetched.mp4",
        "请写出其中的一个文件，或把它下载下来：ffmpeg -i {file} -c copy fetched.mp4";
    try_detect(file):
        "for pictures: lookout detect {file}",
        "图片请用：lookout detect {file}";
    try_unpack():
        "unpack it and name the recording in it",
        "请解压，并写出其中的录像";
    try_export_without_player():
        "have the recorder export it as mp4 or avi, without the player",
        "请让录像机导出为 mp4 或 avi，不带播放器";
    try_with_pictures():
        "name the recording with the pictures",
        "请写出有画面的录像";
    try_convert(file):
        "convert it: ffmpeg -i {file} -an -c:v libx264 -pix_fmt yuv420p converted.mp4",
        "请转换格式：ffmpeg -i {file} -an -c:v libx264 -pix_fmt yuv420p converted.mp4";
    try_export():
        "if it comes from a recorder, have it export mp4 or avi, without a password",
        "如果来自录像机，请让录像机导出 mp4 或 avi，不加密码";
    try_export_hikvision():
        "have the recorder export mp4, without stream encryption, or convert it with the maker's player",
        "请让录像机导出 mp4，并关闭码流加密；或用厂家的播放器转换";
    try_export_or_copy(file):
        "if it comes from a recorder, have it export mp4 or avi, without a password; ffmpeg may know it: ffmpeg -i {file} -c copy copied.mp4",
        "如果来自录像机，请让录像机导出 mp4 或 avi，不加密码；ffmpeg 也许能识别：ffmpeg -i {file} -c copy copied.mp4";
    try_have_it_exported(file):
        "have the recorder export mp4 or avi, without a password; ffmpeg may know it: ffmpeg -i {file} -c copy copied.mp4",
        "请让录像机导出 mp4 或 avi，不加密码；ffmpeg 也许能识别：ffmpeg -i {file} -c copy copied.mp4";
    try_repair(file):
        "take another copy, or have the recorder export it again; with another recording of the same camera it can be repaired: untrunc GOOD.mp4 {file}. Recordings as mkv or ts survive being cut off",
        "请另取一份，或让录像机重新导出；有同一摄像机的另一个录像时可以修复：untrunc GOOD.mp4 {file}；mkv 或 ts 录像中断后仍可读取";
    try_without_password():
        "export it again without a password or copy protection",
        "请重新导出，不加密码或版权保护";
    try_copy_of_mp4(filter):
        "name the mp4 that it comes from, or copy it anew: ffmpeg -i THE.mp4 -c copy -bsf:v {filter} COPY",
        "请写出它所来自的 mp4，或重新复制：ffmpeg -i THE.mp4 -c copy -bsf:v {filter} COPY";

    // ---- what is to be said of one that is read
    begins_late(byte):
        "its beginning is missing or not known: it is read from byte {byte} on",
        "开头缺失或无法识别：从第 {byte} 字节开始读取";
    cut_off(have, want):
        "it is cut off: {have} of {want} bytes are there; what is there is read",
        "录像不完整：{want} 字节中只有 {have} 字节，读取现有部分";
    another_behind(byte):
        "another recording was copied behind it, at byte {byte}, and only the first is read; to join them: ffmpeg -f concat",
        "从第 {byte} 字节起接着另一个录像，只读取第一个；要合并请用：ffmpeg -f concat";
    is_turned(orientation):
        "its pictures are {orientation}, as the file says",
        "按文件中的说明，画面已{orientation}";
    turns_by(degrees, file):
        "its display matrix turns its pictures by {degrees} degrees, which is not followed: they are read as they are stored; to turn them: ffmpeg -i {file} turned.mp4",
        "其显示矩阵要求画面旋转 {degrees} 度，这里不予处理，按存储的样子读取；要旋转请用：ffmpeg -i {file} turned.mp4";
    skews(file):
        "its display matrix skews its pictures, which is not followed: they are read as they are stored; to turn them: ffmpeg -i {file} turned.mp4",
        "其显示矩阵要求画面倾斜变形，这里不予处理，按存储的样子读取；要旋转请用：ffmpeg -i {file} turned.mp4";
    stretches(times):
        "its display matrix stretches its pictures {times} times in width, which is not followed: set display_aspect for this camera",
        "其显示矩阵要求画面横向拉伸 {times} 倍，这里不予处理：请为该摄像机设置 display_aspect";
    several_first(count, videos):
        "it holds {count} videos, {videos}: the first is taken",
        "其中有 {count} 路视频（{videos}），取第一路";
    several_larger(count, videos):
        "it holds {count} videos, {videos}: the larger is taken",
        "其中有 {count} 路视频（{videos}），取较大的一路";
    no_times():
        "it tells no times: 25 pictures a second are assumed",
        "录像中没有时间信息：按每秒 25 帧处理";
}
