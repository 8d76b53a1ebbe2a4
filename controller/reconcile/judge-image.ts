/** The image of one service against what was taken for it. Pure. */
import type { ServiceStatus } from "../api/status.ts";
import { shortDigest } from "../lib/image-reference.ts";
import type { DesiredService } from "./desired.ts";
import type { Finding } from "./judged.ts";
import type { Step } from "./steps.ts";

/** The image of one service, by evidence. */
export interface ImageFacts {
  /** The id that the service was given. */
  readonly id: string;
  /** What a registry has it as, where one has it. */
  readonly digest?: string;
  /** The id that its name stands for on this host, where that is another one. */
  readonly movedTo?: string;
  /** The image is built by this Application: nobody else is to give its name to another. */
  readonly built: boolean;
  /** The digest that the registry has now, where that is another image. */
  readonly registryDigest?: string;
  /** That image was taken once already, and something else was put in its place since. */
  readonly isTried: boolean;
}

export interface ImageVerdict {
  /** None of them makes a running service unhealthy. */
  readonly findings: readonly Finding[];
  readonly steps: readonly Step[];
  readonly shown: Pick<ServiceStatus, "imageDigest" | "imageMoved">;
}

const NOTHING: ImageVerdict = { findings: [], steps: [], shown: {} };

/**
 * A registry that has another image is for an apply to follow, which pulls, and takes it through the gate. A name that
 * stands for another image on this host is drift where this Application builds the image: it gets its name back.
 */
export function judgeImage({ name, image }: DesiredService, facts: ImageFacts | undefined): ImageVerdict {
  if (facts === undefined) return NOTHING;
  const { id, digest, movedTo, registryDigest, built } = facts;
  const shown = {
    ...(digest !== undefined && { imageDigest: digest }),
    ...(movedTo !== undefined && { imageMoved: movedTo }),
  };
  if (registryDigest !== undefined) {
    const expected = `image "${image}" as its registry has it, ${shortDigest(registryDigest)}`;
    const actual = digest === undefined ? `image ${shortDigest(id)}` : shortDigest(digest);
    return {
      findings: [{ service: name, kind: "ImageChanged", expected, actual, cause: "outside" }],
      steps: [],
      shown,
    };
  }
  if (!built || movedTo === undefined) return { ...NOTHING, shown };
  const actual = `the name stands for ${shortDigest(movedTo)}, which ConOps has not built`;
  return {
    findings: [
      {
        service: name,
        kind: "ImageChanged",
        expected: `image "${image}" is ${shortDigest(id)}, as built for the commit`,
        actual,
        cause: "outside",
      },
    ],
    steps: [
      { act: "tag", kind: "ImageChanged", service: name, cause: "outside", why: `ImageChanged: ${actual}` },
    ],
    shown,
  };
}

/** A registry has something new for a service, which was not taken yet. */
export function hasNewImages(facts: ReadonlyMap<string, ImageFacts> | undefined): boolean {
  return Array.from(facts?.values() ?? []).some(
    ({ registryDigest, isTried }) => registryDigest !== undefined && !isTried,
  );
}
