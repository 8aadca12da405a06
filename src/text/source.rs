//! What is wrong with the table that says where a sensor's numbers come from, of whichever source, and with a message that
//! should hold one. What one way by which numbers come says alone stands in its file (`sensors::SENTENCES`).

sentences! { "source";
    // ---- MQTT topics and places in a message
    pointer_without_slash():
        "`pointer` must begin with `/`",
        "`pointer` 须以 `/` 开头";
    try_pointer(path):
        "a JSON pointer, for example \"/{path}\"",
        "请写成 JSON Pointer，例如 \"/{path}\"";
    pointer_escape():
        "`~` in `pointer` stands before 0 or 1 only",
        "`pointer` 中的 `~` 后面只能是 0 或 1";
    try_escape():
        "`~0` is a `~`, `~1` is a `/` in a name",
        "名称中的 `~` 写作 `~0`，`/` 写作 `~1`";

    // ---- registers
    bits_are_bool():
        "coils and discrete inputs hold one bit",
        "线圈和离散输入只有一位";
    try_bool():
        "kind = \"bool\", or leave it out",
        "请写 kind = \"bool\"，或省略";
    kind_missing():
        "`kind` is missing",
        "缺少 `kind`";
    try_kind():
        "what the register holds, as its manual says: kind = \"f32\", \"u16\", \"i16\", ...",
        "请按说明书写出寄存器的数据类型：kind = \"f32\"、\"u16\"、\"i16\" 等";
    no_second_register():
        "there is no second register after 65535",
        "65535 之后没有第二个寄存器";
    try_counted_from_0():
        "registers are counted from 0: 40018 in a manual is register 17",
        "寄存器从 0 开始编号：说明书中的 40018 是寄存器 17";
    register_as_it_stands(register):
        "register {register} is asked for as it stands",
        "寄存器 {register} 将按原样查询";
    try_number_of_manual(other, register, table):
        "manuals count from 40001: if this is such a number, set table = \"{other}\", register = {register}; if not, table = \"{table}\" says so",
        "说明书从 40001 开始编号：如果这是说明书中的编号，请设置 table = \"{other}\", register = {register}；如果不是，请写明 table = \"{table}\"";
    register_out_of_range(register):
        "`register` must be from 0 to 65535, not {register}",
        "`register` 须在 0 至 65535 之间，不能是 {register}";
    try_six_digits():
        "as a manual writes it: 400001 to 465536 (holding), 300001 to 365536 (input)",
        "也可按说明书的写法：400001 至 465536（保持寄存器），300001 至 365536（输入寄存器）";
    number_of_table(register, table):
        "{register} is a number of table \"{table}\"",
        "{register} 是 \"{table}\" 表的编号";
    try_that_table(table, register):
        "table = \"{table}\", register = {register}, or the other number that the manual gives",
        "请设置 table = \"{table}\", register = {register}，或改用说明书中的另一个编号";

    // ---- lines
    device_is_address():
        "`device` is an address of the network, not a serial port",
        "`device` 是网络地址，不是串口";
    try_serial_server():
        "modbus_tcp = {{ address = \"HOST:PORT\", framing = \"rtu\", ... }} for a serial server",
        "串口服务器请用 modbus_tcp = {{ address = \"HOST:PORT\", framing = \"rtu\", ... }}";
    device_not_whole():
        "`device` must be the whole path of a serial port",
        "`device` 须是串口的完整路径";
    try_by_id():
        "for example \"/dev/ttyUSB0\"; `ls /dev/serial/by-id` shows names that stay the same",
        "例如 \"/dev/ttyUSB0\"；`ls /dev/serial/by-id` 可列出固定不变的名称";
    port_set_otherwise(by):
        "sets the serial port otherwise than {by}",
        "串口设置与{by} 不一致";
    try_same_port():
        "all devices on one line speak with the same speed and parity",
        "同一条线路上的所有设备须使用相同的波特率和校验";
    address_not_host_and_port():
        "`address` must be a host and a port",
        "`address` 须是主机和端口";
    try_host_and_port():
        "for example \"10.0.0.8:502\", without `tcp://`; framing = \"rtu\" for a serial server",
        "例如 \"10.0.0.8:502\"，不带 `tcp://`；串口服务器另加 framing = \"rtu\"";
    other_framing(by):
        "speaks with the same address in another framing than {by}",
        "地址与{by} 相同，帧格式却不同";
    try_same_framing():
        "one serial server has one framing: give all of its sensors the same",
        "一台串口服务器只有一种帧格式：请让它的所有传感器保持一致";

    // ---- posts
    try_path():
        "for example \"/readings/drain-2\", without the host and without `?`",
        "例如 \"/readings/drain-2\"，不带主机名，也不带 `?`";

    // ---- a message
    too_long(bytes, most):
        "a message of {bytes} bytes, at most {most} are read",
        "消息有 {bytes} 字节，最多读取 {most} 字节";
    compressed():
        "the message is compressed (gzip): it must be plain text",
        "消息经过压缩（gzip）：须是纯文本";
    utf16_without_mark():
        "the message is UTF-16 without a byte order mark: it must be UTF-8",
        "消息是不带字节序标记的 UTF-16：须是 UTF-8";
    empty():
        "the message is empty",
        "消息是空的";
    no_json(why):
        "the message is no JSON: {why}",
        "消息不是 JSON（{why}）";
    several_texts():
        "the message holds more than one JSON text; each needs a message of its own",
        "消息中有不止一段 JSON；每段须单独成为一条消息";
    goes_on(rest):
        "the message goes on behind its JSON: `{rest}`",
        "JSON 之后还有内容：`{rest}`";
    name_twice(name):
        "`{name}` stands in the message twice, with different values",
        "消息中 `{name}` 出现两次，值却不同";
    not_a_name(word):
        "`{word}` stands where a name should be",
        "`{word}` 出现在应为名称的位置";
    number_goes_on(number, further):
        "a number goes on behind a comma, `{number}, {further}`: numbers have a point and stand alone",
        "数字在逗号后还有内容：`{number}, {further}`；小数须用小数点，每个值只能是一个数字";
    behind_text(text, why):
        "something stands behind the text {text}: {why}",
        "文本 {text} 之后还有内容：{why}";
    quotes_need_backslash():
        "quotes in a text need a backslash in front of them",
        "文本中的引号前须加反斜杠";
    apostrophe_needs_quotes():
        "a text with an apostrophe in it needs double quotes",
        "含有撇号的文本须用双引号";
    text_without_end():
        "a text in single quotes has no end",
        "单引号中的文本没有结束";
    two_readings(whole, decimals):
        "`{whole},{decimals}` may be {whole}.{decimals} or {whole}{decimals}: set the device to write a decimal point, or another number of decimals than three, and no comma between thousands",
        "`{whole},{decimals}` 可能是 {whole}.{decimals}，也可能是 {whole}{decimals}：请让设备使用小数点，或小数不取三位，且不用千位分隔符";
    two_switches(text):
        "`{text}` may be two switches or one number: send each value in a message of its own, with a decimal point",
        "`{text}` 可能是两个开关量，也可能是一个数字：请每个值单独发一条消息，小数用小数点";

    // ---- the value in it
    nothing_there(place):
        "the message holds nothing at {place}",
        "消息中 {place} 处没有内容";
    nothing_there_but(place, there):
        "the message holds nothing at {place}; it is at {there}, as in ChirpStack 3",
        "消息中 {place} 处没有内容；该值在 {there}，与 ChirpStack 3 相同";
    word_without_number(word):
        "`{word}` stands for no number",
        "`{word}` 没有对应的数字";
    null_for_number():
        "null in place of a number",
        "应为数字，却是 null";
    list_for_number():
        "a list in place of a number; `/0` behind the pointer takes its first entry",
        "应为数字，却是列表；在 `pointer` 后加 `/0` 可取第一项";
    object_for_number():
        "an object in place of a number",
        "应为数字，却是对象";
    neither_number_nor_word(text):
        "`{text}` is neither a number nor a known word",
        "`{text}` 既不是数字，也不是已知的词";
    neither_because(text, why):
        "`{text}` is neither a number nor a known word: {why}",
        "`{text}` 既不是数字，也不是已知的词：{why}";
    measured_nothing():
        "the device says that it measured nothing",
        "设备表示没有测到值";
    hexadecimal():
        "it is hexadecimal, and must be decimal",
        "这是十六进制，须用十进制";
    one_number():
        "one number is read, with a point or a comma in front of its decimals and nothing between thousands",
        "只读取一个数字，小数部分前用小数点或逗号，千位之间不加符号";
    number_with_unit():
        "a number must stand alone, without a unit",
        "数字须单独出现，不带单位";
}
