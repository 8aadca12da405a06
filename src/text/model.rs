//! Models and what runs them: what is wrong with a manifest, a model's file, its network or ONNX Runtime, and what to try.

use super::{Joint, Words};

sentences! { "model";
    // ---- how sentences are put together
    named(name, file):
        "model `{name}` ({file})",
        "模型 `{name}`（{file}）";
    called(name):
        "model `{name}`",
        "模型 `{name}`";
    numbered(number):
        "model number {number}",
        "第 {number} 个模型";
    of(model, what):
        "{model}: {what}",
        "{model}：{what}";

    // ---- the manifest as a file
    no_manifest(searched):
        "no model manifest found; looked for {searched}",
        "没有找到模型清单；找过 {searched}";
    try_naming_manifest(variable):
        "name one with --manifest FILE or {variable}=FILE",
        "请用 --manifest FILE 或 {variable}=FILE 指定";
    manifest_unread(file, error):
        "the model manifest {file} cannot be read: {error}",
        "模型清单 {file} 无法读取：{error}";
    manifest_unwritten(file, error):
        "the model manifest {file} cannot be written: {error}",
        "模型清单 {file} 无法写入：{error}";
    try_manifest_elsewhere():
        "may you write there? --manifest FILE names another one",
        "请确认是否有权写入；也可用 --manifest FILE 另指定一个";
    manifest_changed(file):
        "the model manifest {file} was changed meanwhile, and nothing was written",
        "模型清单 {file} 在此期间被改动，没有写入任何内容";
    try_again():
        "try again",
        "请重试";
    unknown_model(file, name):
        "{file} has no model `{name}`",
        "{file} 中没有模型 `{name}`";
    describes_none():
        "it describes no model at all",
        "其中一个模型也没有";
    it_has(names):
        "it has {names}",
        "其中有 {names}";
    problem(file, line, column, what):
        "{file}:{line}:{column}: {what}",
        "{file}:{line}:{column}: {what}";

    // ---- what is wrong in the manifest
    no_toml(detail):
        "{detail}",
        "无法理解（原文：{detail}）";
    described_twice(model, line):
        "{model} is described twice, first in line {line}",
        "{model} 写了两次，第一次在第 {line} 行";
    missing(model, key):
        "{model} has no `{key}`",
        "{model} 缺少 `{key}`";
    empty(key):
        "`{key}` is empty",
        "`{key}` 是空的";
    no_digest():
        "`sha256` is not 64 hexadecimal digits",
        "`sha256` 不是 64 位十六进制数字";
    try_sha256sum():
        "`sha256sum FILE` prints it",
        "用 `sha256sum FILE` 可以算出";
    not_a_part(key, value):
        "`{key}` is {value}, not above 0 and at most 1",
        "`{key}` 为 {value}，须大于 0 且不超过 1";
    out_of_range(key, value, least, most):
        "`{key}` is {value}, not in {least}..{most}",
        "`{key}` 为 {value}，须在 {least} 至 {most} 之间";
    unknown_word(key, word):
        "unknown {key} `{word}`",
        "{key} 不能写 `{word}`";
    known_words(words):
        "known are {words}",
        "可以写 {words}";
    impossible_value(key, value):
        "`{key}` cannot be {value}",
        "`{key}` 不能为 {value}";
    no_strides():
        "`strides` are one to twelve numbers in 1..256",
        "`strides` 须是一至十二个数字，每个在 1 至 256 之间";
    no_multiple(width, height, stride):
        "{width}x{height} is no multiple of stride {stride}",
        "{width}x{height} 不是步长 {stride} 的整数倍";
    one_class(head, classes):
        "head `{head}` finds one class, not {classes}",
        "检测头 `{head}` 只检测一个类别，而写了 {classes} 个";
    try_setting(key, value):
        "{key} = {value}",
        "{key} = {value}";
    other_number_of_outputs(head, need, have):
        "head `{head}` reads {need} outputs, not {have}",
        "检测头 `{head}` 读取 {need} 个输出，而写了 {have} 个";
    in_this_order(outputs):
        "in this order: {outputs}",
        "依次为：{outputs}";
    key_of_other_head(key, owner, head):
        "`{key}` belongs to head `{owner}`, not `{head}`",
        "`{key}` 属于检测头 `{owner}`，不属于 `{head}`";
    one_stride(head, only):
        "head `{head}` has one stride, {only}",
        "检测头 `{head}` 只有一个步长 {only}";
    try_without_strides():
        "leave `strides` out",
        "请去掉 `strides`";
    class_listed_twice(class):
        "class `{class}` is listed twice",
        "类别 `{class}` 写了两次";
    word_of_no_class(class):
        "`words` names a class that is not in `classes`: `{class}`",
        "`words` 中的类别 `{class}` 不在 `classes` 里";
    class_identifies(class, sign):
        "the class `{class}` would say who somebody is (`{sign}`)",
        "类别 `{class}` 会说明某人是谁（`{sign}`）";
    letter_or_digit():
        "a letter or digit",
        "单个字母或数字";
    try_as_a_thing():
        "Lookout detects and never identifies; `words` can report such a class as the thing it is (a man is a `person`), or leave it out",
        "Lookout 只检测，不识别身份；可用 `words` 把这样的类别报为它所属的事物（例如男人报为 `person`），或者略去";
    nothing_reported():
        "nothing would be reported: no class has a name",
        "什么都不会报出：没有一个类别有名称";
    threshold_of_no_class(word):
        "`thresholds` names `{word}`, which it does not report",
        "`thresholds` 中的 `{word}` 不是它报出的类别";
    it_reports(words):
        "it reports {words}",
        "它报出的有 {words}";

    // ---- the outputs of heads
    of_stride(what, stride):
        "{what} of stride {stride}",
        "步长 {stride} 的{what}";
    class_scores():
        "class scores",
        "类别得分";
    scores():
        "scores",
        "得分";
    objectness():
        "objectness",
        "目标得分";
    distances():
        "distances",
        "边距";
    boxes():
        "boxes",
        "检测框";
    boxes_and_scores():
        "boxes and scores",
        "检测框和得分";
    sizes():
        "sizes",
        "尺寸";
    moves_of_the_middle():
        "moves of the middle",
        "中心偏移";

    // ---- parameters that one head alone has
    reg_max():
        "largest distance in cells",
        "最大边距，以格为单位";
    cell_centre():
        "where a cell's reference point lies, 0.5 for NanoDet-m, 0 for NanoDet-plus",
        "参考点在格内的位置，NanoDet-m 为 0.5，NanoDet-plus 为 0";
    anchors():
        "boxes per cell",
        "每格的检测框数";
    not_classes():
        "a network of turned boxes (-obb) or joints (-pose) has other values behind its boxes and is not read: export the detection model of the same family",
        "旋转框（-obb）或关键点（-pose）网络在检测框后面是别的数值，无法读取：请导出同一系列的检测模型";

    // ---- a model's file
    unread(error):
        "cannot be read: {error}",
        "无法读取：{error}";
    try_place():
        "is the file where the manifest says?",
        "请确认文件在模型清单所写的位置";
    no_model_file(model, found, most):
        "{model} {found}, where a model file of at most {most} MiB was expected",
        "{model} {found}，应为不超过 {most} MiB 的模型文件";
    is_a_folder():
        "is a folder",
        "是目录";
    is_no_plain_file():
        "is no plain file",
        "不是普通文件";
    is_empty():
        "is empty",
        "是空文件";
    has_bytes(bytes):
        "has {bytes} bytes",
        "有 {bytes} 字节";
    other_digest(found, expected):
        "SHA-256 is {found}, where the manifest says {expected}",
        "SHA-256 为 {found}，而模型清单写的是 {expected}";
    try_another_copy():
        "the file is damaged, incomplete or another one; fetch it again",
        "文件损坏、不完整或不是同一个；请重新下载";

    // ---- why ONNX Runtime does not load it
    weights_elsewhere(other):
        "its weights lie in another file, `{other}`",
        "权重在另一个文件 `{other}` 中";
    try_one_file():
        "Lookout reads one file, whose SHA-256 it knows; this puts both together: python3 -c \"import onnx; onnx.save(onnx.load('IN.onnx'), 'OUT.onnx')\"",
        "Lookout 只读取一个文件，并核对其 SHA-256；可这样合并：python3 -c \"import onnx; onnx.save(onnx.load('IN.onnx'), 'OUT.onnx')\"";
    not_loaded(said):
        "ONNX Runtime cannot load it: {said}",
        "ONNX Runtime 无法加载（原文：{said}）";
    try_complete_file():
        "the file is damaged or incomplete: fetch or export it again",
        "文件损坏或不完整：请重新下载或导出";
    try_onnx():
        "an ONNX file is needed; .pt, .tflite and .engine files have to be exported to ONNX first",
        "须是 ONNX 文件；.pt、.tflite 和 .engine 文件须先导出为 ONNX";
    newer_operators(most):
        "it needs ONNX operators, and this ONNX Runtime knows them up to {most}",
        "它需要的 ONNX 算子太新，本机的 ONNX Runtime 只支持到版本 {most}";
    newer_operators_of(opset, most):
        "it needs ONNX operators {opset}, and this ONNX Runtime knows them up to {most}",
        "它需要版本 {opset} 的 ONNX 算子，本机的 ONNX Runtime 只支持到版本 {most}";
    try_older_opset(opset):
        "export it with an older opset (Ultralytics opset={opset}, torch.onnx.export opset_version={opset}), or take a newer ONNX Runtime (LOOKOUT_ORT_LIB)",
        "请用较旧的 opset 导出（Ultralytics opset={opset}，torch.onnx.export opset_version={opset}），或换用更新的 ONNX Runtime（LOOKOUT_ORT_LIB）";
    newer_format(most):
        "its file format (IR version) is newer than this ONNX Runtime, which reads up to {most}",
        "其文件格式（IR 版本）比本机的 ONNX Runtime 新，后者只能读取到 {most}";
    newer_format_of(version, most):
        "its file format (IR version {version}) is newer than this ONNX Runtime, which reads up to {most}",
        "其文件格式（IR 版本 {version}）比本机的 ONNX Runtime 新，后者只能读取到 {most}";
    try_older_format(most):
        "python3 -c \"import onnx; m = onnx.load('IN.onnx'); m.ir_version = {most}; onnx.save(m, 'OUT.onnx')\", or take a newer ONNX Runtime (LOOKOUT_ORT_LIB)",
        "python3 -c \"import onnx; m = onnx.load('IN.onnx'); m.ir_version = {most}; onnx.save(m, 'OUT.onnx')\"，或换用更新的 ONNX Runtime（LOOKOUT_ORT_LIB）";
    unknown_operator(operator):
        "it uses the operator `{operator}`, which this ONNX Runtime does not have",
        "它使用算子 `{operator}`，本机的 ONNX Runtime 不支持";
    try_without_plugins():
        "it was made for another runtime, such as TensorRT: export it without plug-ins and without NMS in the graph",
        "它是为别的推理引擎（例如 TensorRT）制作的：请重新导出，不带插件，图内不带 NMS";

    // ---- what it is instead of an ONNX file
    is_pytorch():
        "it is a PyTorch file or another archive, no ONNX file",
        "这是 PyTorch 文件或其他压缩包，不是 ONNX 文件";
    is_tflite():
        "it is a TensorFlow Lite file, no ONNX file",
        "这是 TensorFlow Lite 文件，不是 ONNX 文件";
    is_keras():
        "it is a Keras file, no ONNX file",
        "这是 Keras 文件，不是 ONNX 文件";
    is_for_accelerator():
        "it is a file for one kind of accelerator, no ONNX file",
        "这是某种加速器专用的文件，不是 ONNX 文件";
    is_git_lfs():
        "it is a pointer of Git LFS, no ONNX file",
        "这是 Git LFS 指针，不是 ONNX 文件";
    is_web_page():
        "it is a web page, no ONNX file",
        "这是网页，不是 ONNX 文件";
    is_xml():
        "it is an XML file, perhaps of OpenVINO, no ONNX file",
        "这是 XML 文件（可能来自 OpenVINO），不是 ONNX 文件";
    try_export():
        "export it to ONNX first (Ultralytics: yolo export model=FILE.pt format=onnx)",
        "请先导出为 ONNX（Ultralytics：yolo export model=FILE.pt format=onnx）";
    try_tf2onnx():
        "convert it to ONNX first (tf2onnx)",
        "请先转换为 ONNX（tf2onnx）";
    try_its_onnx():
        "take the ONNX file from which it was made",
        "请用制作它的那个 ONNX 文件";
    try_git_lfs():
        "fetch the file that it stands for: git lfs pull",
        "请取回它所指的文件：git lfs pull";
    try_direct_link():
        "the download answered with a page: log in, or take the link of the file itself",
        "下载到的是一个网页：请先登录，或使用文件本身的链接";

    // ---- a network that is not the one described
    too_many_values(most, found):
        "the tensors of the description should have at most {most} values, but the file has {found}",
        "按模型清单，各张量共有 {found} 个值，最多只能有 {most} 个";
    other_input(expected, found):
        "the input should be {expected}, but the file has {found}",
        "输入应为 {expected}，而文件中是 {found}";
    one_picture():
        "one picture",
        "一张图片";
    of_floats():
        "of f32, because `mean` and `std` are to be applied",
        "f32，因为要使用 `mean` 和 `std`";
    no_output(name, found):
        "there should be an output `{name}`, but the file has {found}",
        "应有输出 `{name}`，而文件中是 {found}";
    too_few_outputs(count, head, found):
        "there should be {count} outputs for head `{head}`, but the file has {found}",
        "检测头 `{head}` 应有 {count} 个输出，而文件中是 {found}";
    other_output(name, holds, head, expected, found):
        "`{name}`, read as the {holds} of head `{head}`, should be {expected}, but the file has {found}",
        "`{name}` 按检测头 `{head}` 读作{holds}，应为 {expected}，而文件中是 {found}";
    zero_byte():
        "names should have no zero byte, but the file has one",
        "名称中不应有零字节，而文件中有";
    impossible_score(score, head):
        "scores should be within 0..1, but the file has {score}: another head than `{head}`, or no sigmoid in the graph?",
        "得分应在 0 至 1 之间，而文件中有 {score}：检测头是否不是 `{head}`，或图中缺少 sigmoid？";
    none():
        "none",
        "没有";
    compare_entry():
        "compare the manifest's entry with the file's origin",
        "请对照文件的来源检查模型清单中的条目";
    try_floats():
        "export it with 32-bit inputs and outputs (Ultralytics half=False, onnxconverter_common.float16 keep_io_types=True)",
        "请以 32 位的输入和输出导出（Ultralytics half=False，onnxconverter_common.float16 keep_io_types=True）";
    try_one_input():
        "Lookout feeds a picture and nothing else: export the network without its other inputs",
        "Lookout 只输入一张图片：请去掉网络的其他输入后导出";
    try_channels_first():
        "it wants channels last (height x width x 3): export it with channels first (3 x height x width)",
        "它的通道在后（height x width x 3）：请以通道在前（3 x height x width）导出";
    try_one_picture():
        "it wants several pictures at once: export it for one (batch=1)",
        "它一次要多张图片：请按一张导出（batch=1）";
    try_colours():
        "it wants grey pictures: Lookout feeds three colours",
        "它要灰度图：Lookout 输入的是三色图";

    // ---- a network that is not read
    segmentation():
        "it is a segmentation network",
        "这是分割网络";
    try_not_seg():
        "Lookout reads boxes only: export the detection model of the same family (yolov8n.pt, not yolov8n-seg.pt)",
        "Lookout 只读取检测框：请导出同一系列的检测模型（yolov8n.pt，而不是 yolov8n-seg.pt）";
    pose():
        "it is a pose network",
        "这是姿态网络";
    try_not_pose():
        "Lookout reads boxes only: export the detection model of the same family (yolov8n.pt, not yolov8n-pose.pt)",
        "Lookout 只读取检测框：请导出同一系列的检测模型（yolov8n.pt，而不是 yolov8n-pose.pt）";
    turned_boxes():
        "its boxes are turned (OBB)",
        "它的检测框是旋转框（OBB）";
    try_not_obb():
        "Lookout reads upright boxes only: export the detection model of the same family (yolov8n.pt, not yolov8n-obb.pt)",
        "Lookout 只读取不旋转的检测框：请导出同一系列的检测模型（yolov8n.pt，而不是 yolov8n-obb.pt）";
    classifier():
        "it is a classifier: it says what a picture shows, not where",
        "这是分类网络：只说明图片里有什么，不说明在哪里";
    try_detection():
        "Lookout needs boxes: export a detection model",
        "Lookout 需要检测框：请导出检测模型";
    suppressed():
        "its boxes are suppressed in the graph already (NMS, or an end-to-end head)",
        "它的检测框已在图内去重（NMS 或端到端检测头）";
    try_without_nms():
        "export it without: Ultralytics nms=False, of YOLOv10 and later end2end=False",
        "请不带去重导出：Ultralytics 用 nms=False，YOLOv10 及以后用 end2end=False";
    three_boxes_a_cell():
        "it has three boxes for each cell, as YOLOv5 and YOLOv7 have them",
        "它每格有三个检测框，与 YOLOv5 和 YOLOv7 一样";
    try_later_family():
        "Lookout reads no such head: take a YOLOX, YOLOv8 or later model",
        "Lookout 读不了这种检测头：请用 YOLOX、YOLOv8 或更新的模型";

    // ---- running it
    trial_failed(message):
        "the trial run failed: {message}",
        "试运行失败（{message}）";
    run_failed(model, message):
        "{model} failed: {message}",
        "{model} 运行出错（{message}）";
    no_such_output():
        "no such output",
        "没有这个输出";
    tensors_of_another():
        "the tensors belong to another model",
        "这些张量属于另一个模型";
    empty_region(region, width, height):
        "the region {region} holds nothing of a {width}x{height} picture",
        "区域 {region} 不含 {width}x{height} 图片的任何部分";
    other_tensor(have, need):
        "the tensor holds {have} values where the model's input has {need}",
        "张量有 {have} 个值，而模型的输入有 {need} 个";

    // ---- what runs it
    no_runtime(searched, library):
        "ONNX Runtime's library was not found; looked for {searched}, the system's {library}",
        "没有找到 ONNX Runtime 的库；找过 {searched} 和系统的 {library}";
    try_installing_runtime(variable):
        "deploy/setup.sh installs it; or name one with {variable}=/path/to/libonnxruntime.so",
        "deploy/setup.sh 可以安装；或用 {variable}=/path/to/libonnxruntime.so 指定";
    runtime_unusable(library, message):
        "ONNX Runtime cannot be loaded from {library}: {message}",
        "无法从 {library} 加载 ONNX Runtime（{message}）";
    no_such_library(variable):
        "there is no such file, though {variable} names it",
        "没有这个文件，而 {variable} 指定的就是它";
    try_newer_runtime(minor, variable):
        "version 1.{minor} or later is needed; deploy/setup.sh installs one; {variable} names another",
        "需要 1.{minor} 或更新的版本；deploy/setup.sh 可以安装；用 {variable} 可另外指定";
    provider_cannot():
        "provider cannot run this model",
        "该推理后端无法运行这个模型";
    choice_not_kept():
        "cannot keep what was measured: the next start measures again",
        "测量结果无法保存：下次启动时会重新测量";
    nothing_to_compare():
        "nothing to compare it with",
        "没有可比对的结果";
    finds_otherwise(missed, added):
        "finds other things than cpu: misses {missed}, adds {added}",
        "检测结果与 cpu 不同：漏 {missed} 个，多 {added} 个";

    // ---- the face model
    face_model_not_installed(name, searched):
        "the face model `{name}` is not installed; looked for {searched}",
        "没有安装人脸模型 `{name}`；找过 {searched}";
}

/// Names, one after the other.
pub(crate) fn listed<W: Into<Words>>(names: impl IntoIterator<Item = W>) -> Words {
    Words::List(names.into_iter().map(Into::into).collect(), Joint::Row)
}
