/** Which images may run, and how they may be built. */
import type { Fields, Project, Rule } from "./input.ts";
import { imageName, isListed, isListedImage } from "./patterns.ts";
import { eachService, fieldsOf, finding, isGiven, listOf, quoted, textOf } from "./values.ts";

const reason = "PolicyViolation";

export const IMAGE_RULES: readonly Rule[] = [
  {
    name: "images",
    reason,
    check: ({ project, allowed }) =>
      allowed.images.includes("*")
        ? []
        : imagesOf(project)
            .filter(({ image, isOwn }) => !isOwn && !isListedImage(imageName(image), allowed.images))
            .map(({ service, field, image }) => {
              const { readsAsId } = imageName(image);
              const why = readsAsId ? "reads as the id of an image" : "is not from an allowed registry";
              return finding(service, field, `${quoted(image)} ${why}`);
            }),
  },
  {
    name: "image-digests",
    reason,
    check: ({ project, allowed }) =>
      allowed.imageDigests
        ? imagesOf(project)
            .filter(({ image, isOwn }) => !isOwn && !imageName(image).hasDigest)
            .map(({ service, field, image }) =>
              finding(service, field, `${quoted(image)} is not pinned by its digest (@sha256:...)`),
            )
        : [],
  },
  {
    name: "builds",
    reason,
    check: ({ project, allowed }) =>
      allowed.builds
        ? []
        : eachService(project, function* (service) {
            if (isGiven(service["build"])) yield ["build", "building images is not allowed"];
          }),
  },
  {
    name: "build-images",
    reason,
    check: ({ project, allowed }) =>
      eachService(project, function* (service) {
        if (!isGiven(service["build"])) return;
        const names = [
          ["image", service["image"]] as const,
          ...listOf(fieldsOf(service["build"])["tags"]).map((tag) => ["build.tags", tag] as const),
        ];
        for (const [field, value] of names) {
          const image = textOf(value);
          if (image === "" || isOwnName(image, project)) continue;
          if (!isListedImage(imageName(image), allowed.buildImages))
            yield [
              field,
              `a build may not give the name ${quoted(image)}; its own are ${quoted(`${project.name}/...`)}`,
            ];
        }
      }),
  },
  {
    name: "build-contexts",
    reason,
    check: ({ project, allowed }) =>
      eachService(project, function* (service) {
        for (const [field, context] of contextsOf(service)) {
          if (!isElsewhere(context) || isListed(context, allowed.buildContexts)) continue;
          yield [field, `the context ${quoted(context)} is not in the repository`];
        }
      }),
  },
  {
    name: "build-host-access",
    reason,
    check: ({ project, allowed }) =>
      allowed.buildHostAccess
        ? []
        : eachService(project, function* (service) {
            const { network, privileged, entitlements, ssh, cache_to: cacheTo } = fieldsOf(service["build"]);
            const mode = textOf(network);
            if (mode !== "" && mode !== "default" && mode !== "none")
              yield ["build.network", `${quoted(mode)} is not allowed for builds`];
            if (isGiven(privileged)) yield ["build.privileged", "privileged builds are not allowed"];
            if (isGiven(entitlements)) yield ["build.entitlements", "entitlements are not allowed"];
            if (isGiven(ssh)) yield ["build.ssh", "SSH keys and agents are not allowed for builds"];
            if (isGiven(cacheTo)) yield ["build.cache_to", "storing a build's cache is not allowed"];
          }),
  },
];

interface UsedImage {
  readonly service: string;
  readonly field: string;
  readonly image: string;
  /** Built by this project, under a name of its own. */
  readonly isOwn: boolean;
}

function imagesOf(project: Project): readonly UsedImage[] {
  return Object.entries(project.services).flatMap(([service, value]) => {
    const definition = fieldsOf(value);
    const at = (field: string, image: string, isOwn = false): readonly UsedImage[] =>
      image === "" ? [] : [{ service, field: `services.${service}.${field}`, image, isOwn }];
    const image = textOf(definition["image"]);
    return [
      ...at("image", image, isGiven(definition["build"]) && isOwnName(image, project)),
      ...listOf(definition["volumes"]).flatMap((volume) => {
        const { type, source } = fieldsOf(volume);
        return type === "image" ? at("volumes", textOf(source)) : [];
      }),
      ...listOf(definition["pre_start"]).flatMap((hook) => at("pre_start", textOf(fieldsOf(hook)["image"]))),
      ...contextsOf(definition).flatMap(([field, context]) => {
        const named = /^docker-image:\/\/(.*)$/s.exec(context)?.[1];
        return named === undefined ? [] : at(field, named);
      }),
    ];
  });
}

/** `shop-web` of its service "web", and all that begins with `shop/`. */
function isOwnName(image: string, { name, services }: Project): boolean {
  const [untagged = ""] = image.split(/[:@]/);
  return (
    untagged.startsWith(`${name}/`) ||
    Object.keys(services).some((service) => untagged === `${name}-${service}`)
  );
}

function contextsOf(service: Fields): readonly (readonly [field: string, context: string])[] {
  const { context, additional_contexts: additional } = fieldsOf(service["build"]);
  return [
    ...(isGiven(context) ? [["build.context", textOf(context)] as const] : []),
    ...Object.entries(fieldsOf(additional)).map(
      ([name, value]) => [`build.additional_contexts.${name}`, textOf(value)] as const,
    ),
  ];
}

/** Not a folder, nor what another service or an image is. */
function isElsewhere(context: string): boolean {
  return !/^(?:\/|oci-layout:\/\/\/|service:|docker-image:\/\/)/.test(context);
}
