import { Counter, type Registry } from "prom-client";
import { DELIVERY_RESULTS, type DeliveryResult } from "../api/delivery.ts";

/** What is counted of each Receiver; a name that is none has no series, whoever posts to it. Those of a deleted one disappear. */
export function createReceiverMetrics(registry: Registry) {
  const deliveries = new Counter({
    name: "conops_receiver_deliveries_total",
    help: "Total number of webhook deliveries to a Receiver, by result",
    labelNames: ["name", "result"],
    registers: [registry],
  });
  const observed = new Set<string>();

  function observe(name: string): void {
    if (observed.has(name)) return;
    observed.add(name);
    for (const result of DELIVERY_RESULTS) deliveries.inc({ name, result }, 0);
  }

  return {
    /** The Receiver is there: its series begin at zero. */
    observed: observe,
    delivered(name: string, result: DeliveryResult) {
      observe(name);
      deliveries.inc({ name, result });
    },
    /** Removes every series of this Receiver. */
    deleted(name: string) {
      observed.delete(name);
      for (const result of DELIVERY_RESULTS) deliveries.remove({ name, result });
    },
  };
}
