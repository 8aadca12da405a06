//! The threads of a running box: one that hangs or panics, and frames that cannot be looked at.

sentences! { "runtime";
    // ---- why the process ends itself
    ends_itself():
        "ends itself, to be started anew; no alert is lost",
        "程序自行退出，等待重新启动；预警不会丢失";
    thread_panicked(name):
        "the thread `{name}` ended with a panic (our bug, please report it)",
        "线程 `{name}` 异常退出（程序错误，请反馈）";
    hangs(doing, seconds):
        "{doing} hangs: nothing in {seconds} s",
        "{doing}没有响应：已有 {seconds} 秒毫无动静";
    starting():
        "starting",
        "启动过程";
    main_thread():
        "the main thread",
        "主线程";
    stopping():
        "stopping",
        "停止过程";

    // ---- looking at frames
    detector_panicked():
        "the detector panicked (our bug, please report it)",
        "检测时异常退出（程序错误，请反馈）";
    empty_view_panicked():
        "learning the empty view panicked (our bug, please report it)",
        "学习无人画面时异常退出（程序错误，请反馈）";
    measuring_panicked():
        "measuring a picture panicked (our bug, please report it)",
        "测量画面时异常退出（程序错误，请反馈）";
    worker_panicked():
        "a worker ended with a panic",
        "一个检测线程异常退出（程序错误）";
    frame_not_looked_at():
        "a frame could not be looked at",
        "一帧画面无法检测";
    short_plane(plane, width, height, have, need):
        "plane {plane} of a {width}x{height} picture holds {have} bytes where {need} are needed",
        "{width}x{height} 画面的第 {plane} 平面只有 {have} 字节，需要 {need} 字节";
}
