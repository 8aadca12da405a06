//! What a camera sees now, on the page: one camera, its live picture, the walk test.

sentences! { "page_live";
    // ---- why there is no picture
    faces_not_looked_for(why):
        "no picture, as faces cannot be looked for: {why}",
        "没有画面，因为无法检测人脸：{why}";
    people_not_looked_for(why):
        "no picture, as people cannot be looked for: {why}",
        "没有画面，因为无法检测人员：{why}";
    not_made():
        "no picture: it could not be made; the log says more",
        "没有画面：无法生成，详见日志";

    // ---- the log
    log_panicked(): "making a picture for the page ended with a panic", "为页面生成画面时程序异常";
    log_late(): "the pictures for the page did not end in time and are left behind", "页面画面没有及时结束，不再等待";
}
