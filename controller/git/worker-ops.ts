/** What a Git worker does for one request. Failures are libgit2's own errors, or OperationFaults. */
import type { Advertisement } from "./git.ts";
import { formatSize } from "../api/size.ts";
import { NO_TAGS, nodegit, type NativeProgress } from "./nodegit.ts";
import { OperationFault } from "./operation-fault.ts";
import type { Answers, FetchRequest, Fetched, ListRequest, Request } from "./protocol.ts";
import { withAccess } from "./worker-access.ts";
import { checkOut } from "./worker-checkout.ts";
import { newAddress } from "./worker-first-answer.ts";
import { openMirror, sweepMirror } from "./worker-mirror.ts";
import { hasAll, readSigned } from "./worker-read.ts";
import { pickWanted } from "./wanted-refs.ts";
import { askPatience } from "./worker-retry-after.ts";

/** Also how late a remote that sends too much is cut off. */
const PROGRESS_EVERY_MS = 100;
/** From a callback: breaks the transfer off. */
const STOP = -1;
const PEELED = "^{}";

/** Runs one request; `progress` is called now and then while bytes come in. */
export function runRequest(request: Request, progress: () => void): Promise<Answers[Request["op"]]> {
  switch (request.op) {
    case "list":
      return listRefs(request);
    case "fetch":
      return fetchCommit(request, progress);
    case "checkout":
      return checkOut(request);
    case "patience":
      return askPatience(request);
    case "read":
      return readSigned(request);
    default:
      return request satisfies never;
  }
}

/** One advertisement; only HEAD, branches and tags of it, and of those what is wanted. */
async function listRefs({ url, access, bare, wanted }: ListRequest): Promise<Advertisement> {
  const repository = await requireMirror(bare);
  const remote = await nodegit.Remote.createAnonymous(repository, url);
  const advertised = await withAccess(access, async ({ callbacks, headers }) => {
    await remote.connect(0, callbacks, {}, headers);
    const heads = await remote.referenceList();
    await remote.disconnect();
    return heads;
  });
  const movedTo = newAddress(url, access);

  let head: Advertisement["head"];
  const refs = new Map<string, string>();
  const tagObjects = new Map<string, string>();
  for (const entry of advertised) {
    const name = entry.name();
    const sha = entry.oid().tostrS();
    if (name === "HEAD") {
      const ref = entry.symrefTarget();
      head = ref === null || ref === "" ? { sha } : { ref, sha };
    } else if (name.startsWith("refs/heads/") || name.startsWith("refs/tags/")) {
      // The peeled entry comes after that of the tag object itself, and takes its place.
      const isPeeled = name.endsWith(PEELED);
      const ref = isPeeled ? name.slice(0, -PEELED.length) : name;
      const tagObject = refs.get(ref);
      if (isPeeled && tagObject !== undefined) tagObjects.set(ref, tagObject);
      refs.set(ref, sha);
    }
  }
  const all = {
    ...(head !== undefined && { head }),
    refs: Object.fromEntries(refs),
    ...(tagObjects.size > 0 && { tagObjects: Object.fromEntries(tagObjects) }),
    ...(movedTo !== undefined && { movedTo }),
  };
  return wanted === undefined ? all : pickWanted(all, wanted);
}

async function fetchCommit(request: FetchRequest, progress: () => void): Promise<Fetched> {
  await sweepMirror(request.mirror);
  const repository = await requireMirror(request.mirror);
  if (await hasAll(repository, request)) return { found: true };

  const remote = await nodegit.Remote.createAnonymous(repository, request.url);
  const { maxBytes } = request;
  let isTooLarge = false;
  const goOn = (): number => {
    progress();
    return 0;
  };
  const receive = (received: NativeProgress): number => {
    isTooLarge ||= received.receivedBytes() > maxBytes;
    return isTooLarge ? STOP : goOn();
  };
  const fetching = withAccess(request.access, ({ callbacks, headers }) =>
    remote.fetch(
      request.refspecs,
      {
        downloadTags: NO_TAGS,
        customHeaders: headers,
        callbacks: {
          ...callbacks,
          transferProgress: { throttle: PROGRESS_EVERY_MS, callback: receive },
          // Never throttled: a call that nodegit leaves out counts as a refusal, and a local pack silently loses objects.
          sidebandProgress: goOn,
        },
      },
      "",
    ),
  );
  await fetching.catch((error: unknown) => {
    if (!isTooLarge) throw error;
    throw new OperationFault(
      "RepositoryTooLarge",
      `the remote sends more than ${formatSize(maxBytes)}, the limit of --max-repository-size`,
    );
  });
  // A new handle: the old one may have looked at the packs before the new one came.
  const fresh = await requireMirror(request.mirror);
  return { found: await hasAll(fresh, request) };
}

async function requireMirror(path: string): Promise<NonNullable<Awaited<ReturnType<typeof openMirror>>>> {
  const repository = await openMirror(path);
  if (repository === undefined) throw new OperationFault("native", "the mirror is no repository");
  return repository;
}
