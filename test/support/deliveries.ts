/** Webhook deliveries as the Git hosts make them, after the samples in their documentation. */
import { createHmac } from "node:crypto";
import type { ReceiverType } from "../../controller/api/receiver.ts";
import type { Header } from "../../controller/receiver/verify.ts";

export interface Sample {
  readonly host: string;
  readonly type: ReceiverType;
  /** What the host sends besides signature and content type. */
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: object;
  /** URLs of the repository by which people clone it. */
  readonly urls: readonly string[];
}

export const TOKEN = "it is a token, and öther things";
export const SHA = "da1560886d4f094c3e6c9ef40349f7d38b5d27d7";
const BEFORE = "95790bf891e76fee5e1747ab589903a6a1f80f22";
const NOBODY = "0000000000000000000000000000000000000000";

/** A push of `main` to SHA, by every host. */
export const PUSHES: readonly Sample[] = [
  {
    host: "GitHub",
    type: "github",
    headers: { "x-github-event": "push", "x-github-delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958" },
    payload: {
      ref: "refs/heads/main",
      before: BEFORE,
      after: SHA,
      created: false,
      deleted: false,
      forced: false,
      repository: {
        id: 186853002,
        name: "Shop",
        full_name: "Octo-Org/Shop",
        private: true,
        html_url: "https://github.com/Octo-Org/Shop",
        url: "https://github.com/Octo-Org/Shop",
        git_url: "git://github.com/Octo-Org/Shop.git",
        ssh_url: "git@github.com:Octo-Org/Shop.git",
        clone_url: "https://github.com/Octo-Org/Shop.git",
        default_branch: "main",
      },
      pusher: { name: "octocat", email: "octocat@example.com" },
      commits: [
        { id: SHA, message: "Say hello to everybody", added: [], removed: [], modified: ["compose.yaml"] },
      ],
      head_commit: { id: SHA, message: "Say hello to everybody" },
    },
    urls: [
      "https://github.com/Octo-Org/Shop.git",
      "https://github.com/octo-org/shop",
      "https://GitHub.com/Octo-Org/Shop/",
      "https://github.com:443/octo-org/shop.git",
      "ssh://git@github.com/octo-org/shop.git",
      "ssh://git@ssh.github.com:443/octo-org/shop.git",
      "git@github.com:octo-org/shop.git",
      "github.com:Octo-Org/Shop",
      "git://github.com/octo-org/shop.git",
    ],
  },
  {
    host: "GitLab",
    type: "gitlab",
    headers: { "x-gitlab-event": "Push Hook", "idempotency-key": "f5e5f430-f57b-4e6e-9fac-d9128cd7232f" },
    payload: {
      object_kind: "push",
      event_name: "push",
      before: BEFORE,
      after: SHA,
      ref: "refs/heads/main",
      ref_protected: true,
      checkout_sha: SHA,
      user_name: "John Smith",
      project_id: 15,
      project: {
        id: 15,
        name: "Shop",
        web_url: "http://gitlab.example.com:8080/group/sub/shop",
        git_ssh_url: "ssh://git@gitlab.example.com:2222/group/sub/shop.git",
        git_http_url: "http://gitlab.example.com:8080/group/sub/shop.git",
        path_with_namespace: "group/sub/shop",
        default_branch: "main",
      },
      commits: [{ id: SHA, message: "Update" }],
      total_commits_count: 4,
    },
    urls: [
      "http://gitlab.example.com:8080/group/sub/shop.git",
      "ssh://git@gitlab.example.com:2222/group/sub/shop.git",
      "https://gitlab.example.com/group/sub/shop",
      "git@gitlab.example.com:group/sub/shop.git",
    ],
  },
  {
    host: "GitLab, as a system hook",
    type: "gitlab",
    headers: { "x-gitlab-event": "System Hook" },
    payload: {
      event_name: "repository_update",
      user_id: 1,
      project_id: 1,
      project: {
        name: "Shop",
        web_url: "https://gitlab.example.com/group/shop",
        git_ssh_url: "git@gitlab.example.com:group/shop.git",
        git_http_url: "https://gitlab.example.com/group/shop.git",
      },
      changes: [{ before: BEFORE, after: SHA, ref: "refs/heads/main" }],
      refs: ["refs/heads/main"],
    },
    urls: ["https://gitlab.example.com/group/shop.git", "git@gitlab.example.com:group/shop.git"],
  },
  {
    host: "Gitea",
    type: "gitea",
    headers: { "x-gitea-event": "push", "x-github-event": "push", "x-gogs-event": "push" },
    payload: {
      ref: "refs/heads/main",
      before: BEFORE,
      after: SHA,
      compare_url: "http://git.example.lan:3000/team/shop/compare/a...b",
      commits: [{ id: SHA, message: "bug fixes" }],
      repository: {
        id: 6,
        name: "shop",
        full_name: "team/shop",
        private: false,
        html_url: "http://git.example.lan:3000/team/shop",
        ssh_url: "ssh://git@git.example.lan:2222/team/shop.git",
        clone_url: "http://git.example.lan:3000/team/shop.git",
        default_branch: "main",
      },
    },
    urls: [
      "http://git.example.lan:3000/team/shop.git",
      "https://git.example.lan/team/shop",
      "ssh://git@git.example.lan:2222/team/shop",
    ],
  },
  {
    host: "Bitbucket Cloud",
    type: "bitbucket",
    headers: { "x-event-key": "repo:push", "x-hook-uuid": "d4e7ac2b-b9a4-4c04-a1a9-7b2e5ab1b4d2" },
    payload: {
      actor: { display_name: "Emma", type: "user" },
      repository: {
        type: "repository",
        full_name: "team_name/shop",
        name: "shop",
        scm: "git",
        is_private: true,
        links: {
          self: { href: "https://api.bitbucket.org/2.0/repositories/team_name/shop" },
          html: { href: "https://bitbucket.org/team_name/shop" },
        },
        uuid: "{673a6070-3421-46c9-9d48-90745f7bfe8e}",
      },
      push: {
        changes: [
          {
            new: { type: "branch", name: "main", target: { type: "commit", hash: SHA } },
            old: { type: "branch", name: "main", target: { type: "commit", hash: BEFORE } },
            created: false,
            forced: false,
            closed: false,
            truncated: false,
          },
        ],
      },
    },
    urls: [
      "https://bitbucket.org/team_name/shop.git",
      "git@bitbucket.org:team_name/shop.git",
      "ssh://git@altssh.bitbucket.org:443/team_name/shop.git",
    ],
  },
  {
    host: "Bitbucket Data Center",
    type: "bitbucket",
    headers: { "x-event-key": "repo:refs_changed", "x-request-id": "85a8f6a9-1c25-4d5b-9e0c-5e1a5f0f8a5e" },
    payload: {
      eventKey: "repo:refs_changed",
      date: "2023-01-13T22:26:25+1100",
      actor: { name: "admin", displayName: "Administrator" },
      repository: {
        slug: "shop",
        id: 84,
        name: "shop",
        scmId: "git",
        project: { key: "TEAM", id: 84, name: "team" },
        links: {
          clone: [
            { href: "ssh://git@bitbucket.example.com:7999/team/shop.git", name: "ssh" },
            { href: "https://bitbucket.example.com/scm/team/shop.git", name: "http" },
          ],
          self: [{ href: "https://bitbucket.example.com/projects/TEAM/repos/shop/browse" }],
        },
      },
      changes: [
        {
          ref: { id: "refs/heads/main", displayId: "main", type: "BRANCH" },
          refId: "refs/heads/main",
          fromHash: BEFORE,
          toHash: SHA,
          type: "UPDATE",
        },
      ],
    },
    urls: [
      "https://bitbucket.example.com/scm/TEAM/shop.git",
      "ssh://git@bitbucket.example.com:7999/team/shop.git",
    ],
  },
  {
    host: "Bitbucket Server before it told links to clone by",
    type: "bitbucket",
    headers: { "x-event-key": "repo:refs_changed" },
    payload: {
      eventKey: "repo:refs_changed",
      repository: {
        slug: "shop",
        project: { key: "TEAM" },
        links: { self: [{ href: "https://example.com/stash/projects/TEAM/repos/shop/browse" }] },
      },
      changes: [{ refId: "refs/heads/main", fromHash: BEFORE, toHash: SHA, type: "UPDATE" }],
    },
    urls: ["https://example.com/stash/scm/team/shop.git", "ssh://git@example.com:7999/team/shop.git"],
  },
  {
    host: "Azure DevOps",
    type: "azure-devops",
    headers: {},
    payload: {
      subscriptionId: "00000000-0000-0000-0000-000000000000",
      notificationId: 3,
      id: "03c164c2-8912-4d5e-8009-3707d5f83734",
      eventType: "git.push",
      publisherId: "tfs",
      message: { text: "Jamal Hartnett pushed updates to shop:main." },
      resource: {
        commits: [{ commitId: SHA, comment: "Fixed bug" }],
        refUpdates: [{ name: "refs/heads/main", oldObjectId: BEFORE, newObjectId: SHA }],
        repository: {
          id: "278d5cd2-584d-4b63-824a-2ba458937249",
          name: "shop",
          url: "https://dev.azure.com/fabrikam/_apis/git/repositories/278d5cd2-584d-4b63-824a-2ba458937249",
          project: { id: "6ce954b1-ce1f-45d1-b94d-e6bf2464ba2c", name: "Web Team" },
          defaultBranch: "refs/heads/main",
          remoteUrl: "https://fabrikam@dev.azure.com/fabrikam/Web%20Team/_git/shop",
        },
        pushId: 14,
        date: "2014-05-02T19:17:13.3309587Z",
      },
      resourceVersion: "1.0",
    },
    urls: [
      "https://dev.azure.com/fabrikam/Web%20Team/_git/shop",
      "https://fabrikam.visualstudio.com/DefaultCollection/Web%20Team/_git/shop",
      "git@ssh.dev.azure.com:v3/fabrikam/Web%20Team/shop",
      "ssh://git@ssh.dev.azure.com/v3/fabrikam/Web%20Team/shop",
      "fabrikam@vs-ssh.visualstudio.com:v3/fabrikam/Web%20Team/shop",
    ],
  },
  {
    host: "anything else",
    type: "generic",
    headers: {},
    payload: { repository: "https://git.example.com/team/shop.git", ref: "refs/heads/main", commit: SHA },
    urls: ["https://git.example.com/team/shop", "ssh://git@git.example.com/team/shop.git"],
  },
];

/** Deliveries that move nothing. */
export const OTHERS: readonly (Pick<Sample, "host" | "type" | "payload"> & {
  readonly kind: "ping" | "other";
})[] = [
  {
    host: "GitHub's ping",
    type: "github",
    kind: "ping",
    payload: { zen: "Keep it logically awesome.", hook_id: 30, hook: { type: "Repository" }, repository: {} },
  },
  {
    host: "GitHub's issues",
    type: "github",
    kind: "other",
    payload: {
      action: "opened",
      issue: { number: 1 },
      repository: { clone_url: "https://github.com/o/r.git" },
    },
  },
  {
    host: "GitHub's create, which comes with a push",
    type: "github",
    kind: "other",
    payload: { ref: "v1", ref_type: "tag", repository: { clone_url: "https://github.com/o/r.git" } },
  },
  { host: "GitLab's issues", type: "gitlab", kind: "other", payload: { object_kind: "issue", project: {} } },
  {
    host: "Gitea's create",
    type: "gitea",
    kind: "other",
    payload: { sha: SHA, ref: "main", ref_type: "branch", repository: {} },
  },
  {
    host: "Bitbucket Cloud's forks",
    type: "bitbucket",
    kind: "other",
    payload: { fork: {}, repository: {} },
  },
  { host: "Bitbucket Data Center's test", type: "bitbucket", kind: "ping", payload: { test: true } },
  {
    host: "Azure's builds",
    type: "azure-devops",
    kind: "other",
    payload: { eventType: "build.complete", resource: {} },
  },
];

export const DELETED = NOBODY;

/** The headers by which each host shows that it knows the token. */
export function sign(type: ReceiverType, body: string, token = TOKEN): readonly Header[] {
  const hex = createHmac("sha256", token).update(body).digest("hex");
  const sha1 = createHmac("sha1", token).update(body).digest("hex");
  switch (type) {
    case "github":
      return [
        ["x-hub-signature", `sha1=${sha1}`],
        ["x-hub-signature-256", `sha256=${hex}`],
      ];
    case "gitea":
      return [
        ["x-gitea-signature", hex],
        ["x-forgejo-signature", hex],
        ["x-gogs-signature", hex],
        ["x-hub-signature", `sha1=${sha1}`],
        ["x-hub-signature-256", `sha256=${hex}`],
      ];
    case "bitbucket":
      return [["x-hub-signature", `sha256=${hex}`]];
    case "gitlab":
      return [["x-gitlab-token", Buffer.from(token).toString("latin1")]];
    case "azure-devops":
      return [["authorization", `Basic ${Buffer.from(`conops:${token}`).toString("base64")}`]];
    case "generic":
      return [["x-signature-256", `sha256=${hex}`]];
    default:
      return type satisfies never;
  }
}
