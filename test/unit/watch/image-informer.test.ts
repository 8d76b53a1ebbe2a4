import { expect } from "chai";
import { ReconcileError } from "../../../controller/api/errors.ts";
import type { LocalImage } from "../../../controller/docker/docker.ts";
import { silentLog } from "../../../controller/lib/log.ts";
import { createImageInformer } from "../../../controller/watch/image-informer.ts";
import type { FollowedImage, ImageInformer } from "../../../controller/watch/watch.ts";
import { createFakeClock } from "../../support/fake-clock.ts";

const MINUTE = 60_000;
const INTERVAL = 5 * MINUTE;
const WEB = "r.example.com/web:1";

const lookedUp = (image = WEB, login = ""): FollowedImage => ({ image, lookUp: { login } });
const failure = (reason: ReconcileError["reason"], retryAfterMs?: number): ReconcileError =>
  new ReconcileError("Cannot look it up: no", {
    reason,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });

describe("createImageInformer()", () => {
  const open: ImageInformer[] = [];
  afterEach(async () => {
    for (const informer of open.splice(0)) await informer.close();
  });

  function setUp({ isOff = false } = {}) {
    const clock = createFakeClock();
    const told: string[] = [];
    const asked: { readonly image: string; readonly login: string; readonly at: number }[] = [];
    const results: string[] = [];
    const world = {
      local: [] as readonly LocalImage[],
      digest: "sha256:one",
      fault: undefined as ReconcileError | undefined,
      lists: 0,
      /** While set, look-ups wait. */
      gate: undefined as Promise<void> | undefined,
    };
    const informer = createImageInformer({
      docker: {
        images: () => {
          world.lists += 1;
          return Promise.resolve(world.local);
        },
        async registryDigest(image, login) {
          asked.push({ image, login, at: clock.monotonic() });
          const { digest, fault } = world;
          await world.gate;
          if (fault !== undefined) throw fault;
          return digest;
        },
      },
      clock,
      random: () => 0,
      log: silentLog,
      intervalMs: isOff ? undefined : INTERVAL,
      ownLogin: (registry) => Promise.resolve(`own:${registry}`),
      enqueue: (name) => told.push(name),
      onLookUp: (result) => results.push(result),
    });
    open.push(informer);
    const take = (): string[] => told.splice(0);
    return { clock, informer, world, asked, results, take };
  }

  describe("what names stand for on this host", () => {
    const first: LocalImage = { id: "sha256:1", tags: [WEB], digests: [`r.example.com/web@sha256:d1`] };
    const second: LocalImage = { id: "sha256:2", tags: [WEB], digests: [] };

    it("is listed once for all that follow, and read by name and by id", async () => {
      const { clock, informer, world, take } = setUp();
      world.local = [first];
      await informer.refresh();
      for (let n = 0; n < 50; n += 1)
        informer.follow(`shop-${n}`, { web: { image: WEB }, db: { image: "db" } });
      await clock.advance(1000);

      expect([world.lists, take()]).to.deep.equal([1, []]);
      expect(informer.local("shop-7", "web")).to.deep.equal(first);
      expect([informer.local("shop-7", "db"), informer.local("blog", "web")]).to.deep.equal([
        undefined,
        undefined,
      ]);
      expect(informer.byId("sha256:1")).to.deep.equal(first);
    });

    it("is told once it is known to those who followed before", async () => {
      const { informer, world, take } = setUp();
      world.local = [first];
      informer.follow("shop", { web: { image: WEB } });
      expect(informer.local("shop", "web")).to.equal(undefined);

      await informer.refresh();

      expect([take(), informer.local("shop", "web")?.id]).to.deep.equal([["shop"], "sha256:1"]);
    });

    it("costs no call while nothing happens", async () => {
      const { clock, informer, world } = setUp({ isOff: true });
      await informer.refresh();
      informer.follow("shop", { web: { image: WEB } });

      await clock.advance(24 * 60 * MINUTE);

      expect([world.lists, clock.pending()]).to.deep.equal([1, 0]);
    });

    it("is read once after many events, and told to those whose image it is", async () => {
      const { clock, informer, world, take } = setUp();
      world.local = [first];
      await informer.refresh();
      informer.follow("shop", { web: { image: WEB } });
      informer.follow("blog", { web: { image: "blog:1" } });

      world.local = [{ ...first, tags: [] }, second];
      for (let n = 0; n < 20; n += 1) informer.changed();
      await clock.advance(1000);

      expect([world.lists, take()]).to.deep.equal([2, ["shop"]]);
      expect(informer.local("shop", "web")?.id).to.equal("sha256:2");
    });

    it("is read once more for what happens while it is read", async () => {
      const { informer, world } = setUp();

      await Promise.all([informer.refresh(), informer.refresh(), informer.refresh()]);

      expect(world.lists).to.equal(2);
    });
  });

  describe("what registries have", () => {
    it("is looked up once for fifty Applications, at the interval", async () => {
      const { clock, informer, asked, take, results } = setUp();
      for (let n = 0; n < 50; n += 1) informer.follow(`shop-${n}`, { web: lookedUp(), again: lookedUp() });
      await clock.advance(1000);

      expect(asked.length).to.equal(1);
      expect(informer.registry("shop-9", "web")).to.deep.equal({ digest: "sha256:one" });
      take();
      await clock.advance(3 * INTERVAL);

      expect([asked.length, take(), results.length]).to.deep.equal([4, [], 4]);
    });

    it("is told when it changes, once to each that wants it", async () => {
      const { clock, informer, world, take } = setUp();
      informer.follow("shop", { web: lookedUp(), again: lookedUp() });
      informer.follow("blog", { web: lookedUp("r.example.com/other:1") });
      await clock.advance(1000);
      take();

      world.digest = "sha256:two";
      await clock.advance(INTERVAL + 1000);

      expect(take().toSorted()).to.deep.equal(["blog", "shop"]);
      expect(informer.registry("shop", "web")?.digest).to.equal("sha256:two");
    });

    it("is looked up for each login by itself, with that login", async () => {
      const { clock, informer, asked } = setUp();
      informer.follow("shop", { web: lookedUp(WEB, "aGVhZGVy") });
      informer.follow("blog", { web: lookedUp(WEB, "own") });
      informer.follow("news", { web: lookedUp(WEB, "") });
      await clock.advance(1000);

      expect(asked.map(({ login }) => login).toSorted()).to.deep.equal(["", "aGVhZGVy", "own:r.example.com"]);
    });

    it("is never looked up where nobody wants that, for ids, nor when it is switched off", async () => {
      const off = setUp({ isOff: true });
      off.informer.follow("shop", { web: lookedUp() });
      const on = setUp();
      on.informer.follow("shop", { web: { image: WEB }, id: lookedUp(`sha256:${"0".repeat(64)}`) });
      await off.clock.advance(10 * INTERVAL);
      await on.clock.advance(10 * INTERVAL);

      expect([off.asked, on.asked]).to.deep.equal([[], []]);
      expect([off.informer.registry("shop", "web"), on.informer.registry("shop", "web")]).to.deep.equal([
        undefined,
        undefined,
      ]);
    });

    it("is looked up no more when nobody follows", async () => {
      const { clock, informer, asked } = setUp();
      informer.follow("shop", { web: lookedUp() });
      informer.follow("blog", { web: lookedUp() });
      await clock.advance(1000);
      informer.unfollow("shop");
      await clock.advance(INTERVAL);
      expect(asked.length).to.equal(2);

      informer.follow("blog", { web: { image: WEB } });
      await clock.advance(10 * INTERVAL);

      expect([asked.length, clock.pending()]).to.deep.equal([2, 0]);
    });

    it("says nothing after a pull before it was looked up again, also by a look that had begun before", async () => {
      const { clock, informer, world, take } = setUp();
      informer.follow("shop", { web: lookedUp() });
      await clock.advance(1000);
      let release = (): void => undefined;
      world.gate = new Promise((resolve) => (release = resolve));
      await clock.advance(INTERVAL);
      take();

      informer.taken("shop");
      release();
      world.gate = undefined;
      await clock.advance(1000);
      expect(informer.registry("shop", "web")).to.deep.equal({});
      take();
      await clock.advance(INTERVAL);

      expect(informer.registry("shop", "web")).to.deep.equal({ digest: "sha256:one" });
      expect(take()).to.deep.equal(["shop"]);
    });

    it("is looked up at once when somebody pulls the image on this host", async () => {
      const { clock, informer, world, asked } = setUp();
      world.local = [{ id: "sha256:1", tags: [WEB], digests: [] }];
      await informer.refresh();
      informer.follow("shop", { web: lookedUp() });
      await clock.advance(MINUTE);
      expect(asked.length).to.equal(1);

      world.local = [{ id: "sha256:2", tags: [WEB], digests: [] }];
      informer.changed();
      await clock.advance(1000);

      expect(asked.length).to.equal(2);
    });

    it("keeps what is known while look-ups fail, which is told after the third, and again when it is over", async () => {
      const { clock, informer, world, asked, take, results } = setUp();
      informer.follow("shop", { web: lookedUp() });
      await clock.advance(1000);
      take();
      world.fault = failure("ImageLookupFailed");
      const seen: (string | undefined)[] = [];

      for (let round = 0; round < 4; round += 1) {
        const { length } = asked;
        while (asked.length === length) await clock.advance(MINUTE);
        seen.push(informer.registry("shop", "web")?.error?.reason);
      }
      expect(seen).to.deep.equal([undefined, undefined, "ImageLookupFailed", "ImageLookupFailed"]);
      expect(informer.registry("shop", "web")?.digest).to.equal("sha256:one");
      expect(take()).to.deep.equal(["shop"]);
      const gaps = asked.slice(1).map(({ at }, index) => Math.round((at - (asked[index]?.at ?? 0)) / MINUTE));
      expect(gaps).to.deep.equal([5, 5, 10, 20]);

      world.fault = undefined;
      await clock.advance(60 * MINUTE);
      expect(informer.registry("shop", "web")).to.deep.equal({ digest: "sha256:one" });
      expect(take()).to.deep.equal(["shop"]);
      expect(new Set(results)).to.deep.equal(new Set(["success", "error"]));
    });

    it("is not said to fail when the engine is down", async () => {
      const { clock, informer, world, results } = setUp();
      world.fault = failure("EngineUnavailable");
      informer.follow("shop", { web: lookedUp() });

      await clock.advance(5 * INTERVAL);

      expect([informer.registry("shop", "web"), results]).to.deep.equal([{}, []]);
    });
  });

  describe("a registry", () => {
    it("that asks for fewer requests is left alone, with all of its images, for as long as it says", async () => {
      const { clock, informer, world, asked, results } = setUp();
      world.fault = failure("RateLimited", 30 * MINUTE);
      informer.follow("shop", { web: lookedUp(), db: lookedUp("r.example.com/db:1") });
      await clock.advance(MINUTE);
      expect([asked.length, results]).to.deep.equal([1, ["rate_limited"]]);
      world.fault = undefined;
      informer.follow("blog", { web: lookedUp("elsewhere.example.com/web:1") });

      await clock.advance(28 * MINUTE);
      expect(asked.filter(({ image }) => image.startsWith("r."))).to.have.length(1);
      expect(asked.some(({ image }) => image.startsWith("elsewhere"))).to.equal(true);
      await clock.advance(10 * MINUTE);

      expect(informer.registry("shop", "web")).to.deep.equal({ digest: "sha256:one" });
      expect(informer.registry("shop", "db")).to.deep.equal({ digest: "sha256:one" });
    });

    it("that does not say for how long is left alone longer and longer", async () => {
      const { clock, informer, world, asked } = setUp();
      world.fault = failure("RateLimited");
      informer.follow("shop", { web: lookedUp() });

      await clock.advance(24 * 60 * MINUTE);

      const gaps = asked.slice(1).map(({ at }, index) => Math.round((at - (asked[index]?.at ?? 0)) / MINUTE));
      expect(gaps.slice(0, 4)).to.deep.equal([10, 20, 40, 80]);
      expect(Math.max(...gaps)).to.equal(240);
    });

    it("is asked for two images at a time, at a distance", async () => {
      const { clock, informer, world, asked } = setUp();
      let release = (): void => undefined;
      world.gate = new Promise((resolve) => (release = resolve));
      const images = Object.fromEntries(
        Array.from({ length: 10 }, (_, n) => [`s${n}`, lookedUp(`r.example.com/app-${n}:1`)]),
      );
      informer.follow("shop", images);
      await clock.advance(10_000);
      expect(asked.length).to.equal(2);

      world.gate = undefined;
      release();
      await clock.advance(10_000);

      expect(asked.length).to.equal(10);
    });

    it("is Docker's own: at most one look-up in eight minutes, in four with a login of a Secret, and every image's turn comes", async () => {
      for (const { login, perHour } of [
        { login: "own", perHour: 8 },
        { login: "aGVhZGVy", perHour: 16 },
      ]) {
        const { clock, informer, asked } = setUp();
        informer.follow("shop", {
          a: lookedUp("a", login),
          b: lookedUp("b", login),
          c: lookedUp("acme/c:1", login),
        });

        await clock.advance(60 * MINUTE);

        expect(asked.length).to.equal(perHour);
        expect(new Set(asked.map(({ image }) => image)).size).to.equal(3);
      }
    });
  });
});
