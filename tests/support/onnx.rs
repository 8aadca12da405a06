//! Small ONNX files by hand, to be wrong on purpose: `onnx.proto` version 3, as far as it is needed.
//!
//! Every model is fed one picture `images` of 1x3x256x416 and puts out `output` of 1x12x2184, the shapes of a
//! `yolov8` head with eight classes at that size.

const F32: u64 = 1;
const I64: u64 = 7;
const BOOL: u64 = 9;

fn varint(mut value: u64, into: &mut Vec<u8>) {
    while value >= 0x80 {
        into.push(value as u8 | 0x80);
        value >>= 7;
    }
    into.push(value as u8);
}

fn number(field: u64, value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    varint(field << 3, &mut bytes);
    varint(value, &mut bytes);
    bytes
}

fn bytes(field: u64, content: &[u8]) -> Vec<u8> {
    let mut all = Vec::new();
    varint(field << 3 | 2, &mut all);
    varint(content.len() as u64, &mut all);
    all.extend_from_slice(content);
    all
}

fn text(field: u64, content: &str) -> Vec<u8> {
    bytes(field, content.as_bytes())
}

/// A value of a node that stands in the file.
pub struct Attribute(Vec<u8>);

impl Attribute {
    pub fn int(name: &str, value: i64) -> Self {
        Attribute([text(1, name), number(3, value as u64), number(20, 2)].concat())
    }

    fn graph(name: &str, graph: &[u8]) -> Self {
        Attribute([text(1, name), bytes(6, graph), number(20, 5)].concat())
    }
}

pub struct Node(Vec<u8>);

impl Node {
    pub fn new(operator: &str, inputs: &[&str], outputs: &[&str]) -> Self {
        let mut node: Vec<u8> = inputs.iter().flat_map(|name| text(1, name)).collect();
        node.extend(outputs.iter().flat_map(|name| text(2, name)));
        node.extend(text(4, operator));
        Node(node)
    }

    pub fn with(mut self, attribute: Attribute) -> Self {
        self.0.extend(bytes(5, &attribute.0));
        self
    }
}

/// A tensor with zeros, or with this content whether it fits or not.
pub fn f32_tensor(name: &str, dims: &[i64], content: Option<&[u8]>) -> Vec<u8> {
    let values = dims.iter().product::<i64>();
    let zeros = || vec![0; usize::try_from(values).unwrap() * 4];
    tensor(name, dims, F32, &content.map_or_else(zeros, <[u8]>::to_vec))
}

pub fn int64_tensor(name: &str, dims: &[i64], values: &[i64]) -> Vec<u8> {
    tensor(name, dims, I64, &values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<_>>())
}

fn tensor(name: &str, dims: &[i64], kind: u64, content: &[u8]) -> Vec<u8> {
    let mut tensor: Vec<u8> = dims.iter().flat_map(|dim| number(1, *dim as u64)).collect();
    tensor.extend([number(2, kind), text(8, name), bytes(9, content)].concat());
    tensor
}

/// A tensor whose content is said to lie in another file.
pub fn external_tensor(name: &str, dims: &[i64], file: &str) -> Vec<u8> {
    let place = [text(1, "location"), text(2, file)].concat();
    let mut tensor: Vec<u8> = dims.iter().flat_map(|dim| number(1, *dim as u64)).collect();
    tensor.extend([number(2, F32), text(8, name), bytes(13, &place), number(14, 1)].concat());
    tensor
}

fn value(name: &str, kind: u64, dims: &[u64]) -> Vec<u8> {
    let dims: Vec<u8> = dims.iter().flat_map(|dim| bytes(1, &number(1, *dim))).collect();
    let tensor = [number(1, kind), bytes(2, &dims)].concat();
    [text(1, name), bytes(2, &bytes(1, &tensor))].concat()
}

fn graph(nodes: &[Node], tensors: &[Vec<u8>], inputs: &[Vec<u8>], outputs: &[Vec<u8>]) -> Vec<u8> {
    let mut graph: Vec<u8> = nodes.iter().flat_map(|node| bytes(1, &node.0)).collect();
    graph.extend(text(2, "graph"));
    graph.extend(tensors.iter().flat_map(|tensor| bytes(5, tensor)));
    graph.extend(inputs.iter().flat_map(|input| bytes(11, input)));
    graph.extend(outputs.iter().flat_map(|output| bytes(12, output)));
    graph
}

fn file(graph: &[u8]) -> Vec<u8> {
    let operators = [text(1, ""), number(2, 13)].concat();
    [number(1, 8), bytes(7, graph), bytes(8, &operators)].concat()
}

/// What a file is that is not broken, but not what Lookout reads either.
pub struct Odd<'o> {
    pub input: (u64, &'o [u64]),
    /// Kind and sizes of each output.
    pub outputs: &'o [(u64, &'o [u64])],
    /// The values of the first output; zeros where there are none.
    pub values: Option<&'o [f32]>,
    pub opset: u64,
    pub ir_version: u64,
    /// What Ultralytics' exporter calls the task.
    pub task: Option<&'o str>,
}

pub const FLOATS: u64 = F32;
pub const HALF_FLOATS: u64 = 10;

impl Odd<'_> {
    pub fn bytes(&self) -> Vec<u8> {
        let (mut nodes, mut tensors, mut outputs) = (Vec::new(), Vec::new(), Vec::new());
        for (number, (kind, dims)) in self.outputs.iter().enumerate() {
            let (name, from) = (format!("output{number}"), format!("constant{number}"));
            let sizes: Vec<i64> = dims.iter().map(|dim| *dim as i64).collect();
            let bytes = if *kind == HALF_FLOATS { 2 } else { 4 };
            let content = match self.values.filter(|_| number == 0) {
                Some(values) => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
                None => vec![0; dims.iter().product::<u64>() as usize * bytes],
            };
            tensors.push(tensor(&from, &sizes, *kind, &content));
            nodes.push(Node::new("Identity", &[&from], &[&name]));
            outputs.push(value(&name, *kind, dims));
        }
        let inputs = [value("images", self.input.0, self.input.1)];
        let graph = graph(&nodes, &tensors, &inputs, &outputs);
        let operators = [text(1, ""), number(2, self.opset)].concat();
        let mut file = [number(1, self.ir_version), bytes(7, &graph), bytes(8, &operators)].concat();
        if let Some(task) = self.task {
            file.extend(bytes(14, &[text(1, "task"), text(2, task)].concat()));
        }
        file
    }
}

/// A model of these nodes and tensors.
pub fn model(nodes: &[Node], tensors: &[Vec<u8>]) -> Vec<u8> {
    let inputs = [value("images", F32, &[1, 3, 256, 416])];
    file(&graph(nodes, tensors, &inputs, &[value("output", F32, &[1, 12, 2184])]))
}

/// Puts out zeros whatever it is fed.
pub fn harmless() -> Vec<u8> {
    model(&[Node::new("Identity", &["zeros"], &["output"])], &[f32_tensor("zeros", &[1, 12, 2184], None)])
}

/// A graph in a node in a graph, so many times.
pub fn nested(depth: usize) -> Vec<u8> {
    let mut inner = graph(&[], &[], &[], &[]);
    for _ in 0..depth {
        let node = Node::new("If", &["images"], &["output"]).with(Attribute::graph("then_branch", &inner));
        inner = graph(&[node], &[], &[], &[]);
    }
    file(&inner)
}

/// A loop whose condition stays true.
pub fn endless() -> Vec<u8> {
    let again =
        [Node::new("Identity", &["before"], &["after"]), Node::new("Identity", &["on"], &["still_on"])];
    let body = graph(
        &again,
        &[],
        &[value("turn", I64, &[]), value("on", BOOL, &[]), value("before", F32, &[1, 12, 2184])],
        &[value("still_on", BOOL, &[]), value("after", F32, &[1, 12, 2184])],
    );
    let turn =
        Node::new("Loop", &["turns", "yes", "zeros"], &["output"]).with(Attribute::graph("body", &body));
    model(
        &[turn],
        &[
            int64_tensor("turns", &[], &[i64::MAX]),
            tensor("yes", &[], BOOL, &[1]),
            f32_tensor("zeros", &[1, 12, 2184], None),
        ],
    )
}
