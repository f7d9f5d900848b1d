/** A graph as a SavedModel, the one form in which tfjs-node's binding takes graphs. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { graphMessages as messages, type GraphMessage } from '../tf.ts';
import type { Attribute, Graph, GraphNode } from './graph.ts';

/** GraphDef version of TensorFlow 2.12, which later ones read as it is. */
const PRODUCER = 1482;
const TAG = 'serve';

/**
 * Writes the graph into a temporary folder, loads it and removes the folder again.
 * @param load the binding's loadSavedModel
 * @returns the session's number
 */
export function loadGraph(graph: Graph, load: (folder: string, tags: string) => number): number {
  const folder = mkdtempSync(join(tmpdir(), 'cria-graph-'));
  try {
    writeFileSync(join(folder, 'saved_model.pb'), serialise(graph));
    return load(folder, TAG);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The bytes of saved_model.pb. */
export function serialise(graph: Graph): Uint8Array {
  const graphDef = new messages.GraphDef();
  for (const node of graph.nodes) graphDef.addNode!(nodeMessage(node));
  const versions = new messages.VersionDef();
  versions.setProducer!(PRODUCER);
  graphDef.setVersions!(versions);
  const info = new messages.MetaGraphDef.MetaInfoDef();
  info.addTags!(TAG);
  const meta = new messages.MetaGraphDef();
  meta.setMetaInfoDef!(info);
  meta.setGraphDef!(graphDef);
  const model = new messages.SavedModel();
  model.setSavedModelSchemaVersion!(1);
  model.addMetaGraphs!(meta);
  return model.serializeBinary();
}

function nodeMessage({ name, op, inputs, attributes }: GraphNode): GraphMessage {
  const node = new messages.NodeDef();
  node.setName!(name);
  node.setOp!(op);
  node.setInputList!(inputs);
  const map = node.getAttrMap();
  for (const [key, value] of Object.entries(attributes)) map.set(key, attributeMessage(value));
  return node;
}

function attributeMessage(attribute: Attribute): GraphMessage {
  const message = new messages.AttrValue();
  if ('type' in attribute) message.setType!(attribute.type);
  else if ('i' in attribute) message.setI!(attribute.i);
  else if ('f' in attribute) message.setF!(attribute.f);
  else if ('b' in attribute) message.setB!(attribute.b);
  else if ('s' in attribute) message.setS!(Buffer.from(attribute.s));
  else if ('shape' in attribute) message.setShape!(shapeMessage(attribute.shape));
  else {
    const { dtype, shape, content } = attribute.tensor;
    const tensor = new messages.Tensor();
    tensor.setDtype!(dtype);
    tensor.setTensorShape!(shapeMessage(shape));
    tensor.setTensorContent!(content);
    message.setTensor!(tensor);
  }
  return message;
}

/** @param shape null: unknown */
function shapeMessage(shape: readonly number[] | null): GraphMessage {
  const message = new messages.TensorShape();
  if (shape === null) message.setUnknownRank!(true);
  for (const size of shape ?? []) {
    const dim = new messages.TensorShape.Dim();
    dim.setSize!(size);
    message.addDim!(dim);
  }
  return message;
}
