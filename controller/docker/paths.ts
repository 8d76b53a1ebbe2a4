export function containerPath(id: string): string {
  return `/containers/${encodeURIComponent(id)}`;
}

export function shortId(id: string): string {
  return id.slice(0, 12);
}
