/** What is wrong with a key, a signature or a file of OpenSSH, in words that fit behind a colon. */
export class SshFault extends Error {
  override readonly name = "SshFault";
}

/** Reads SSH's binary encoding (RFC 4251, section 5). Every read throws SshFault when the bytes end too early. */
export interface SshReader {
  byte(): number;
  uint32(): number;
  /** Bytes with their length in front. */
  string(): Buffer;
  /** The same where only ASCII is meant: an algorithm, a namespace. */
  text(): string;
  /** A whole number that is not negative, without leading zeros: the bytes of its magnitude. */
  mpint(): Buffer;
  bytes(length: number): Buffer;
  /** Throws SshFault when something is left. */
  end(): void;
}

export function createSshReader(bytes: Buffer, what: string): SshReader {
  let at = 0;

  function take(length: number): Buffer {
    if (at + length > bytes.length) throw new SshFault(`${what} ends too early`);
    at += length;
    return bytes.subarray(at - length, at);
  }
  const uint32 = (): number => take(4).readUInt32BE();
  const string = (): Buffer => take(uint32());

  return {
    uint32,
    string,
    bytes: take,
    byte: () => take(1).readUInt8(),
    text() {
      const text = string().toString("latin1");
      if (!/^[\x21-\x7e]*$/.test(text)) throw new SshFault(`${what} holds a name that is not plain text`);
      return text;
    },
    mpint() {
      const number = string();
      const [first = 0, second = 0] = number;
      if (first >= 0x80) throw new SshFault(`${what} holds a negative number`);
      if (number.length > 0 && first === 0 && second < 0x80) {
        throw new SshFault(`${what} holds a number with leading zeros`);
      }
      return first === 0 ? number.subarray(1) : number;
    },
    end() {
      if (at < bytes.length) throw new SshFault(`${what} is followed by something else`);
    },
  };
}

/** Bytes with their length in front, as SSH writes them. */
export function sshString(value: string | Uint8Array): Buffer {
  const bytes = typeof value === "string" ? Buffer.from(value) : value;
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** The bytes that the base64 text stands for. Throws SshFault for any text that no encoder writes. */
export function decodeBase64(text: string, what: string): Buffer {
  const bytes = Buffer.from(text, "base64");
  if (text === "" || bytes.toString("base64") !== text) throw new SshFault(`${what} is not base64`);
  return bytes;
}
