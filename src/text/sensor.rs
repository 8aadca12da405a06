//! Why a sensor is silent, and why a reading is not believed.

sentences! { "sensor";
    fell_silent():
        "it fell silent",
        "不再有数据";
    not_spoken():
        "it has not spoken yet",
        "还没有收到过数据";

    // ---- why a reading is not believed
    not_a_number():
        "not a number",
        "不是数字";
    not_binary(value):
        "{value} is neither 0 nor 1",
        "{value} 既不是 0 也不是 1";
    out_of_range(value, least, most):
        "{value} is outside {least} to {most}",
        "{value} 超出 {least} 至 {most} 的范围";
    too_fast(rate, most):
        "changed by {rate} a second, at most {most} is plausible",
        "每秒变化 {rate}，合理的变化最多为 {most}";
}
