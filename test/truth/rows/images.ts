import { TEST_IMAGE } from "../../support/engine.ts";
import { fact, type Section } from "../situation.ts";

const COMPOSE = "docker compose --project-name $project --project-directory $checkout --file $file";
/** The name of the service's image stands for another one. */
const MOVED = "docker commit --pause=false --change 'LABEL moved=yes' $web $tag";
/** The container is still of the image that was there first. */
const IS_FIRST =
  'test "$(docker inspect --format {{.Image}} $web)" = "$(docker inspect --format {{.Id}} $image)"';
/** The registry has another image for the name. */
const PUSHED =
  "docker commit --pause=false --change 'LABEL moved=yes' $web $pushed; docker push --quiet $pushed";

/** What images are, here and in registries. */
export const IMAGES: Section = {
  title: "Images",
  about: "[images.md](images.md) has the whole story.",
  rows: [
    {
      id: "image-moved",
      title: "The name of an image is given to another one on this host (`docker tag`, `docker pull`)",
      services: { web: { image: "$tag" } },
      before: "docker tag $image $tag",
      steps: [MOVED],
      found: [],
      never: ["ImageChanged"],
      healed: {},
      done: "nothing: the status shows `imageMoved`",
    },
    {
      id: "image-moved-removed",
      title: "The same, and then the container is removed",
      services: { web: { image: "$tag" } },
      before: "docker tag $image $tag",
      steps: [MOVED, "docker rm --force $web"],
      passing: ["Stopped"],
      found: [fact("web", "Missing", "a container", "no container")],
      never: ["ImageChanged"],
      healed: { web: "made" },
      by: "Compose",
      check: IS_FIRST,
      done: "web is made of the image that was deployed",
    },
    {
      id: "image-moved-commit",
      title: "The same, and then a commit changes another service",
      services: { web: { image: "$tag" }, side: { environment: { COLOR: "blue" } } },
      before: "docker tag $image $tag",
      steps: [
        MOVED,
        'sed -i "s/COLOR: blue/COLOR: red/" compose.yaml; git add --all && git commit --quiet --message "Change"',
      ],
      synced: true,
      found: [],
      never: ["ImageChanged", "ConfigChanged"],
      healed: { side: "recreated" },
      by: "Compose",
    },
    {
      id: "image-untagged",
      title: "The name of a running container's image is removed (`docker rmi --force`)",
      services: { web: { image: "$tag" } },
      before: "docker tag $image $tag",
      steps: ["docker rmi --force $tag"],
      found: [],
      never: ["ImageChanged"],
      healed: {},
    },
    {
      id: "image-untagged-removed",
      title: "The same, and then the container is removed",
      services: { web: { image: "$tag" } },
      before: "docker tag $image $tag",
      steps: ["docker rmi --force $tag", "docker rm --force $web"],
      passing: ["Stopped"],
      found: [fact("web", "Missing", "a container", "no container")],
      never: ["ImageChanged"],
      healed: { web: "made" },
      by: "Compose",
      check: IS_FIRST,
      done: "web is made of the image that was deployed",
    },
    {
      id: "image-by-hand",
      title: "The name is given to another image, and `docker compose up` by hand takes that one",
      services: { web: { image: "$tag" }, side: {} },
      before: "docker tag $image $tag",
      steps: [MOVED, `${COMPOSE} up --detach web`],
      passing: ["Missing", "Created", "Stopped"],
      found: [fact("web", "ImageChanged", "image *", "made of image *")],
      never: ["ConfigChanged"],
      healed: { web: "recreated" },
      by: "Compose",
      check: IS_FIRST,
      done: "web is recreated, of the image that was deployed",
    },
    {
      id: "image-built",
      title: "The name of an image that ConOps built is given to another one",
      services: { web: { image: "$tag", build: "." } },
      files: { Dockerfile: `FROM ${TEST_IMAGE}\nLABEL built=yes\n` },
      steps: ["docker tag $image $tag"],
      found: [
        fact(
          "web",
          "ImageChanged",
          "image * is *, as built for the commit",
          "the name stands for *, which ConOps has not built",
        ),
      ],
      healed: {},
      healings: 1,
      done: "the image gets its name back; no container is touched",
    },
    {
      id: "image-pushed-missing",
      title: "A tag moves in its registry, with `pull: missing`",
      services: { web: { image: "$pushed" } },
      before: "docker tag $image $pushed; docker push --quiet $pushed",
      steps: [PUSHED],
      found: [],
      never: ["ImageChanged"],
      healed: {},
    },
    {
      id: "image-pushed-always",
      title: "A tag moves in its registry, with `pull: always`",
      services: { web: { image: "$pushed" }, side: { pull_policy: "never" } },
      spec: { compose: { pull: "always" } },
      before: "docker tag $image $pushed; docker push --quiet $pushed",
      steps: [PUSHED],
      found: [fact("web", "ImageChanged", "image * as its registry has it, *", "*")],
      healed: { web: "recreated" },
      healings: 0,
      by: "Compose",
      check: `! ${IS_FIRST}`,
      done: "the commit is applied again: the image is pulled, and web recreated",
    },
    {
      id: "image-pushed-waits",
      title: "A tag moves in its registry, with `pull: always` and `sync.automated: false`",
      services: { web: { image: "$pushed" } },
      spec: { compose: { pull: "always" } },
      before: "docker tag $image $pushed; docker push --quiet $pushed",
      steps: [{ spec: { compose: { pull: "always" }, sync: { automated: false } }, phase: "Synced" }, PUSHED],
      found: [fact("web", "ImageChanged", "image * as its registry has it, *", "*")],
      healed: {},
      ends: { ready: "True", phase: "OutOfSync" },
      askedAnew: true,
      done: "nothing: it is shown, and `conops sync` takes it",
    },
  ],
};
