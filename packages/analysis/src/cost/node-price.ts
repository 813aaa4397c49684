/** The price of a node, shared out among what it is made of. */

export type NodeParts = { readonly gpu: number; readonly cpu: number; readonly memory: number };

/**
 * OpenCost's specification, appendix A: list prices of the parts keep their ratios and are scaled to what the node costs.
 * $30 + $30 + $10 of a node of $35 are $15, $15 and $5. Undefined where no part has a price: nothing tells how to share it.
 */
export function sharedNodePrice(listPrices: NodeParts, nodePrice: number): NodeParts | undefined {
  const list = listPrices.gpu + listPrices.cpu + listPrices.memory;
  if (!(list > 0)) return undefined;
  const scale = nodePrice / list;
  return { gpu: listPrices.gpu * scale, cpu: listPrices.cpu * scale, memory: listPrices.memory * scale };
}
