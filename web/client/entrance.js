import { RodaError } from "./errors.js";

/** @typedef {import("./protocol.js").JoinResult} JoinResult */

/** A resume that hangs was sent into a network that is no more. */
const RESUME_LIMIT_MS = 4000;

/** How a client gets into its session: registers, signals, joins or resumes, is admitted. */
export class Entrance {
  #options;
  /** @type {import("./protocol.js").IceServer[]} */
  #iceServers = [];

  /**
   * @param {object} options
   * @param {import("./seat.js").Seat} options.seat
   * @param {import("./signaling.js").Signaling} options.signaling
   * @param {import("./media_keeper.js").MediaKeeper} options.media
   * @param {import("./outgoing.js").Outgoing} options.outgoing
   * @param {import("./room_state.js").RoomState} options.room
   * @param {(step: string, outcome?: "ok" | "failed", detail?: string) => void} options.onStep
   * @param {(state: JoinResult["state"]) => void} options.onEntered the room has been taken over
   * @param {(error: unknown) => void} options.onFault what is to be sent is not
   * @param {(line: string) => void} options.log
   */
  constructor(options) {
    this.#options = options;
  }

  /**
   * Enter, or resume. Resolves when in the call or in its waiting room; rejects with `RodaError`.
   * @param {string | null} resume the connection to take up again
   */
  async enter(resume) {
    const { seat, signaling, outgoing } = this.#options;
    const keeper = this.#options.media;
    const media = (resume && keeper.current) || keeper.fresh();
    const prepared = resume ? Promise.resolve() : media.prepare(outgoing.all);
    // What fails here fails in the offer again, and is told there.
    prepared.catch(() => undefined);
    // For a resume the old one will do: one round trip, and a connection that may hang, less.
    if (!resume || !seat.isRegistered) await this.#register();
    if (!resume) media.configure(this.#iceServers);
    signaling.connect(seat.address(resume));
    const joined = signaling.request("join", {}, resume ? RESUME_LIMIT_MS : undefined);
    // Sent right behind `join`, not after its answer: one round trip less until media flows.
    const published = resume ? Promise.resolve() : media.publish(outgoing.all);
    const outcome = published.catch(notWhileWaiting);
    // Reported by #entered; where `join` itself is refused, that is the error to tell.
    outcome.catch(() => undefined);
    await this.#entered(await joined, outcome, resume);
  }

  /** The waiting is over. @param {JoinResult} result */
  async admitted(result) {
    const { media, outgoing, onStep } = this.#options;
    onStep("admitted");
    const published = media.current?.publish(outgoing.all) ?? Promise.resolve();
    await this.#entered({ ...result, state: "in_call" }, published, null);
  }

  /** Back to the waiting room, with transports ready for the next admission. */
  sentBack() {
    this.#options.media.fresh().configure(this.#iceServers);
  }

  async #register() {
    const { seat, onStep, log } = this.#options;
    this.#iceServers = await seat.register();
    onStep("registered");
    onStep("ice_servers", "ok", `${this.#iceServers.length}`);
    log("TURN credentials initialized");
  }

  /**
   * @param {JoinResult} result
   * @param {Promise<void>} published
   * @param {string | null} resume
   */
  async #entered(result, published, resume) {
    const { media, outgoing, onEntered, onFault, onStep, log, room } = this.#options;
    room.reset(result);
    if (resume && result.connection_id !== resume) return this.#startOver(result);
    onStep("joined", "ok", result.state);
    onEntered(result.state);
    if (result.state !== "in_call") return;
    if (resume && result.ice_servers.length > 0) media.current?.renew(result.ice_servers);
    media.line.start();
    if (resume) media.line.tryAnew();
    log(`Found existing participants: ${result.peers.length}`);
    try {
      await published;
      // What was switched on or off meanwhile, or while the connection was lost.
      await outgoing.publish();
      log("joinSession completed successfully");
    } catch (error) {
      onFault(error);
    }
  }

  /** The seat was lost meanwhile: the same person, as a new connection. @param {JoinResult} result */
  async #startOver(result) {
    const media = this.#options.media.fresh();
    media.configure(this.#iceServers);
    const isIn = result.state === "in_call";
    const { all } = this.#options.outgoing;
    await this.#entered(result, isIn ? media.publish(all) : Promise.resolve(), null);
  }
}

/** @param {unknown} error the speculative offer's; it is made again upon `admitted` */
function notWhileWaiting(error) {
  if (!(error instanceof RodaError) || error.code !== "not_joined") throw error;
}
