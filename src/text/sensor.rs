//! Why a sensor is silent or its source does not work, and why a reading is not believed.

sentences! { "sensor";
    fell_silent():
        "it fell silent",
        "不再有数据";
    no_word():
        "no word from it",
        "没有数据";
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

    // ---- a broker that sensors write to
    no_such_broker(name):
        "there is no broker `{name}`",
        "没有名为 `{name}` 的 MQTT 服务器";
    broker(address, why):
        "the broker {address}: {why}",
        "MQTT 服务器 {address}：{why}";
    connection_failed(detail):
        "{detail}",
        "连接出错（原文：{detail}）";
    topic_forbidden(topic):
        "the broker does not allow to read the topic {topic}",
        "MQTT 服务器不允许读取主题 {topic}";
    no_subscription():
        "the client library took no subscription",
        "客户端库没有接受订阅";
    authorities(path, detail):
        "the certificate authorities {path} cannot be read: {detail}",
        "CA 证书文件 {path} 无法读取：{detail}";
    no_certificate(path):
        "{path} holds no certificate",
        "{path} 中没有证书";
    no_tls(detail):
        "TLS cannot be set up: {detail}",
        "无法启用 TLS（原文：{detail}）";
    login_refused(code):
        "it refused us ({code}); check its user and secret",
        "拒绝了登录（{code}）；请检查用户名和密码文件";
    login_missing(code):
        "it refused us ({code}); does it want a login?",
        "拒绝了连接（{code}）；是否需要登录？";
    late():
        "no answer in time",
        "没有及时应答";

    // ---- posts
    no_listener():
        "there is no listener for posts",
        "没有接收 HTTP 上报的监听";
    cannot_listen(address, detail):
        "cannot listen on {address}: {detail}",
        "无法在 {address} 上监听（原文：{detail}）";

    // ---- Modbus: no answer
    no_connection(line, detail):
        "no connection to {line}: {detail}",
        "无法连接 {line}（原文：{detail}）";
    of_unit(line, unit, why):
        "{line}, unit {unit}: {why}",
        "{line}，从站 {unit}：{why}";
    closed():
        "the device closed the connection instead of answering",
        "设备没有应答，而是断开了连接";
    unasked():
        "bytes came before anything was asked",
        "还没有查询就收到了数据";
    bytes_without_end():
        "bytes come without end",
        "数据不断涌来，没有结束";
    no_answer(patience):
        "no answer within {patience}",
        "{patience} 内没有应答";
    answer_too_short():
        "an answer that is too short",
        "应答太短";
    answer_to_another():
        "an answer to another question (its number is another one)",
        "应答对应的是另一次查询（事务号不同）";
    refusal_of_another_length():
        "a refusal of another length",
        "异常应答的长度不对";
    answer_of_function(function, asked):
        "an answer of function {function}, not {asked}",
        "应答的功能码是 {function}，而不是 {asked}";
    answer_of_bytes(bytes, asked):
        "an answer with {bytes} bytes, where {asked} were asked",
        "应答有 {bytes} 字节，而查询的是 {asked} 字节";
    answer_without_length():
        "an answer without a length",
        "应答中没有长度";
    answer_of_unit(unit, asked):
        "the answer came from unit {unit}, not {asked}: set unit = {unit}, or any_unit = true if the device always says so",
        "应答来自从站 {unit}，而不是 {asked}：请设置 unit = {unit}；如果设备总是这样，请设置 any_unit = true";
    answer_breaks_off():
        "an answer that breaks off",
        "应答不完整";
    http_server():
        "an HTTP server answers there; Modbus usually has port 502",
        "应答的是 HTTP 服务器；Modbus 一般用端口 502";
    ssh_server():
        "an SSH server answers there; Modbus usually has port 502",
        "应答的是 SSH 服务器；Modbus 一般用端口 502";
    modbus_ascii():
        "the answer is Modbus ASCII: set the device or the serial server to RTU or Modbus TCP",
        "应答是 Modbus ASCII：请把设备或串口服务器设为 RTU 或 Modbus TCP";
    wrong_checksum():
        "an answer that breaks off or has a wrong checksum",
        "应答不完整，或校验和不对";
    no_modbus(bytes):
        "an answer that is no Modbus: {bytes}",
        "应答不是 Modbus：{bytes}";
    use_rtu():
        "the answer is an RTU frame, as serial servers pass them on: set framing = \"rtu\"",
        "应答是 RTU 帧，串口服务器透传时就是这样：请设置 framing = \"rtu\"";
    use_tcp():
        "the answer is a frame of Modbus TCP: leave framing = \"rtu\" out",
        "应答是 Modbus TCP 帧：请去掉 framing = \"rtu\"";

    // ---- Modbus: the device says no; the standard's words in English
    refused(why):
        "the device refuses: {why}",
        "设备拒绝：{why}";
    illegal_function(table):
        "Illegal function: it has no {table}",
        "非法功能：设备没有{table}";
    holding_registers():
        "holding registers; does it have them as table = \"input\"?",
        "保持寄存器；是否应为 table = \"input\"？";
    input_registers():
        "input registers; does it have them as table = \"holding\"?",
        "输入寄存器；是否应为 table = \"holding\"？";
    coils():
        "coils; does it have them as table = \"discrete\"?",
        "线圈；是否应为 table = \"discrete\"？";
    discrete_inputs():
        "discrete inputs; does it have them as table = \"coil\"?",
        "离散输入；是否应为 table = \"coil\"？";
    illegal_address():
        "Illegal data address",
        "非法数据地址";
    illegal_address_try(hint):
        "Illegal data address; {hint}",
        "非法数据地址；{hint}";
    number_of_manual(register, table, meant):
        "if {register} is the manual's number, set table = \"{table}\", register = {meant}",
        "如果 {register} 是说明书中的编号，请设置 table = \"{table}\", register = {meant}";
    illegal_value():
        "Illegal data value",
        "非法数据值";
    device_failure():
        "Server device failure",
        "设备故障";
    needs_longer():
        "Acknowledge: it needs longer",
        "已接受：设备需要更长时间";
    device_busy():
        "Server device busy",
        "设备忙";
    parity_error():
        "Memory parity error",
        "存储器奇偶校验错误";
    gateway_path():
        "Gateway path unavailable: check `unit` and the gateway's settings",
        "网关路径不可用：请检查 `unit` 和网关的设置";
    gateway_target(unit):
        "Gateway target device failed to respond: check unit {unit} and its wiring",
        "网关后的目标设备没有应答：请检查从站 {unit} 及其接线";
    exception(number):
        "exception {number}",
        "异常码 {number}";
}
