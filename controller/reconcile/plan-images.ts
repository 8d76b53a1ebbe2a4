/** Which images a sync pulls and builds. Pure. */
import type { Change } from "../api/diff.ts";
import type { PlannedImage } from "./apply-input.ts";

/** One change for each image, however many services use it. */
export function planImages(images: Readonly<Record<string, PlannedImage>>): readonly Change[] {
  const byName = new Map(Object.values(images).map((image) => [image.name, image]));
  return [...byName.values()]
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((image): readonly Change[] => {
      const { name, act, why = "", files = [], id } = image;
      if (act === undefined) return [];
      return [
        {
          object: "image",
          name,
          act,
          reasons: [
            files.length > 0
              ? { cause: "Files", files, text: why }
              : { cause: id === undefined ? "Missing" : "Image", text: why },
          ],
          text: `image "${name}" is ${act === "pull" ? "pulled" : "built"}: ${why}`,
        },
      ];
    });
}
