/** How a delivery to a Receiver that is there can end. */
export const DELIVERY_RESULTS = [
  "accepted",
  "ignored",
  "unauthorized",
  "malformed",
  "too_large",
  "too_slow",
  "busy",
  "gone",
] as const;
export type DeliveryResult = (typeof DELIVERY_RESULTS)[number];
