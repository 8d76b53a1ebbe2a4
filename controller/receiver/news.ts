/**
 * What a payload says, by the host that wrote it. Only what is in the body counts, since headers are not signed. The shapes:
 * - github: docs.github.com "Webhook events and payloads": push, ping.
 * - gitea: docs.gitea.com "Webhooks"; Forgejo the same: push.
 * - gitlab: docs.gitlab.com "Webhook events": push, tag_push; "System hooks": also repository_update.
 * - bitbucket: support.atlassian.com "Event payloads": repo:push (Cloud); confluence.atlassian.com "Event payload":
 *   repo:refs_changed, mirror:repo_synchronized, and the test connection (Data Center).
 * - azure-devops: learn.microsoft.com "Service hooks events": git.push.
 * - generic: ours; see docs/webhooks.md.
 */
import type { Push } from "../api/push.ts";
import type { ReceiverType } from "../api/receiver.ts";
import { at, list, text } from "./json.ts";

export type News =
  | {
      readonly kind: "push";
      /** The repository, in every form of its URL that the host tells. */
      readonly repositories: readonly string[];
      /** All refs that moved; empty when that is not known. */
      readonly pushes: readonly Push[];
    }
  | { readonly kind: "ping" }
  /** Nothing that could have moved a ref. */
  | { readonly kind: "other" };

/** More refs than these in one push are as good as: anything may have moved. */
const MAX_PUSHES = 1000;
const OTHER: News = { kind: "other" };
const PING: News = { kind: "ping" };

const READERS: Readonly<Record<ReceiverType, (payload: object) => News>> = {
  github: readGitHub,
  gitea: readGitHub,
  gitlab: readGitLab,
  bitbucket: readBitbucket,
  "azure-devops": readAzure,
  generic: readGeneric,
};

/** What the payload of this host says. Never throws, whatever it holds. */
export function readNews(type: ReceiverType, payload: object): News {
  return READERS[type](payload);
}

/** Gitea's payloads were made after GitHub's. */
function readGitHub(payload: object): News {
  if (text(payload, "zen") !== undefined) return PING;
  const ref = text(payload, "ref");
  // A created branch or tag is told a second time by an event that has no `after`.
  if (ref === undefined || text(payload, "after") === undefined) return OTHER;
  const repository = at(payload, "repository");
  return push(
    ["clone_url", "ssh_url", "html_url", "git_url"].map((name) => text(repository, name)),
    [pushOf(ref, text(payload, "after"))],
  );
}

function readGitLab(payload: object): News {
  const event = text(payload, "object_kind") ?? text(payload, "event_name");
  const project = at(payload, "project");
  const urls = ["git_http_url", "git_ssh_url", "http_url", "ssh_url", "web_url"].map((name) =>
    text(project, name),
  );
  if (event === "push" || event === "tag_push") {
    return push(urls, [pushOf(text(payload, "ref"), text(payload, "after"))]);
  }
  if (event !== "repository_update") return OTHER;
  return push(
    urls,
    list(payload, "changes").map((change) => pushOf(text(change, "ref"), text(change, "after"))),
  );
}

function readBitbucket(payload: object): News {
  if (at(payload, "push", "changes") !== undefined) return readBitbucketCloud(payload);
  if (at(payload, "test") === true) return PING;
  const repository = at(payload, "repository");
  const changes = list(payload, "changes");
  const event = text(payload, "eventKey");
  if (event !== "repo:refs_changed" && event !== "mirror:repo_synchronized" && changes.length === 0)
    return OTHER;
  const isWhole = at(payload, "refLimitExceeded") !== true;
  return push(
    [...list(repository, "links", "clone").map((link) => text(link, "href")), ...derivedUrls(repository)],
    isWhole ? changes.map((change) => pushOf(text(change, "refId"), text(change, "toHash"))) : [],
  );
}

function readBitbucketCloud(payload: object): News {
  const changes = list(payload, "push", "changes").map((change) => {
    const now = at(change, "new") ?? at(change, "old");
    const name = text(now, "name");
    const folder = text(now, "type") === "tag" ? "refs/tags/" : "refs/heads/";
    return pushOf(name === undefined ? undefined : folder + name, text(change, "new", "target", "hash"));
  });
  const name = text(payload, "repository", "full_name");
  const page = text(payload, "repository", "links", "html", "href");
  return push([page, name === undefined ? undefined : `https://bitbucket.org/${name}`], changes);
}

/** Older servers give no links to clone by, only a page: HOST/projects/KEY/repos/NAME/browse. */
function derivedUrls(repository: unknown): (string | undefined)[] {
  const page = text(list(repository, "links", "self")[0], "href");
  const found =
    /^(https?):\/\/([^/?#]+)((?:\/[^?#]*)?)\/(?:projects|users)\/[^/]+\/repos\/[^/]+(?:\/browse)?\/?$/.exec(
      page ?? "",
    );
  const [key, name] = [text(repository, "project", "key"), text(repository, "slug")];
  if (found === null || key === undefined || name === undefined) return [];
  const [, scheme = "", host = "", context = ""] = found;
  return [
    `${scheme}://${host}${context}/scm/${key}/${name}`,
    `ssh://${host.replace(/:\d+$/, "")}:7999/${key}/${name}`,
  ];
}

function readAzure(payload: object): News {
  if (text(payload, "eventType") !== "git.push") return OTHER;
  const repository = at(payload, "resource", "repository");
  return push(
    ["remoteUrl", "sshUrl", "webUrl"].map((name) => text(repository, name)),
    list(payload, "resource", "refUpdates").map((update) =>
      pushOf(text(update, "name"), text(update, "newObjectId")),
    ),
  );
}

function readGeneric(payload: object): News {
  const ref = text(payload, "ref");
  return push([text(payload, "repository")], ref === undefined ? [] : [pushOf(ref, text(payload, "commit"))]);
}

function pushOf(ref: string | undefined, sha: string | undefined): Push | undefined {
  if (ref === undefined || !ref.startsWith("refs/")) return undefined;
  const isCommit = sha !== undefined && /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/.test(sha) && !/^0+$/.test(sha);
  return isCommit ? { ref, sha } : { ref };
}

function push(urls: readonly (string | undefined)[], pushes: readonly (Push | undefined)[]): News {
  const known = pushes.filter((one) => one !== undefined);
  const isWhole = known.length === pushes.length && known.length <= MAX_PUSHES;
  return {
    kind: "push",
    repositories: urls.filter((url) => url !== undefined),
    pushes: isWhole ? known : [],
  };
}
