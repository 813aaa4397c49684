/** Where the pages of a model are. */
export function modelPath(model: string): string {
  return `/models/${encodeURIComponent(model)}`;
}

export function featurePath(model: string, feature: string): string {
  return `${modelPath(model)}/${encodeURIComponent(feature)}`;
}
