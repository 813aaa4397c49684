import { PickleBytes } from "./pickle-bytes.ts";
import { PickleError } from "./pickle-error.ts";
import { checkNesting } from "./pickle-nesting.ts";
import { exact, floatOfText, integerOf, integerOfText } from "./pickle-number.ts";
import { Op, refusedOpcodes } from "./pickle-opcodes.ts";
import { PickleStack } from "./pickle-stack.ts";
import { quotedText, rawUnicode } from "./pickle-text.ts";
import { type PickleLimits, type PickleValue, pickleLimits } from "./pickle-value.ts";

const newestProtocol = 5;

/**
 * The value of a pickle of protocol 0 to 5 that holds plain data only. Nothing in it is ever called or looked up: an opcode
 * that names a class, a function or an outside object is an error. Memory and time are bounded by `limits`. Throws
 * PickleError with the opcode and its offset.
 */
export function unpickle(bytes: Uint8Array, limits: PickleLimits = pickleLimits): PickleValue {
  if (bytes.length > limits.maxBytes)
    throw new PickleError(0, `found ${bytes.length} bytes, expected at most ${limits.maxBytes}`);
  const input = new PickleBytes(bytes);
  const stack = new PickleStack(input, limits);
  for (;;) {
    const opcode = input.opcode();
    if (opcode === Op.stop) {
      const value = stack.result();
      checkNesting(value, limits.maxDepth);
      return value;
    }
    if (readNumber(opcode, input, stack, limits) || readText(opcode, input, stack)) continue;
    if (readContainer(opcode, stack) || readMemo(opcode, input, stack) || readFrame(opcode, input)) continue;
    const refused = refusedOpcodes.get(opcode);
    const shown = `0x${opcode.toString(16).padStart(2, "0")}`;
    if (refused !== undefined)
      input.fail(
        `found opcode ${refused} (${shown}), which names code or outside objects; expected plain data only: a Flight Recorder dump holds none, do not trust this file`,
      );
    input.fail(`found ${shown}, which is no opcode of protocols 0 to ${newestProtocol}: not a pickle, or damaged`);
  }
}

function readNumber(opcode: number, input: PickleBytes, stack: PickleStack, limits: PickleLimits): boolean {
  switch (opcode) {
    case Op.none:
      return stack.push(null);
    case Op.newTrue:
      return stack.push(true);
    case Op.newFalse:
      return stack.push(false);
    case Op.binInt1:
      return stack.push(input.uint8());
    case Op.binInt2:
      return stack.push(input.uint16());
    case Op.binInt:
      return stack.push(input.int32());
    case Op.long1:
      return stack.push(integerOf(input.bytes(input.uint8())));
    case Op.long4: {
      const length = input.uint32();
      if (length > limits.maxIntegerBytes)
        input.fail(`found a whole number of ${length} bytes, expected at most ${limits.maxIntegerBytes}`);
      return stack.push(integerOf(input.bytes(length)));
    }
    case Op.binFloat:
      return stack.push(input.float64());
    case Op.int: {
      const line = input.line();
      return stack.push(line === "01" ? true : line === "00" ? false : orFail(input, integerOfText(line), line));
    }
    case Op.long: {
      const line = input.line();
      return stack.push(orFail(input, integerOfText(line), line));
    }
    case Op.float: {
      const line = input.line();
      return stack.push(orFail(input, floatOfText(line), line));
    }
    default:
      return false;
  }
}

function readText(opcode: number, input: PickleBytes, stack: PickleStack): boolean {
  switch (opcode) {
    case Op.binUnicode:
      return stack.push(input.text(input.uint32()));
    case Op.shortBinUnicode:
      return stack.push(input.text(input.uint8()));
    case Op.binUnicode8:
      return stack.push(input.text(input.length64()));
    case Op.unicode: {
      const line = input.line();
      return stack.push(orFail(input, rawUnicode(line), line));
    }
    case Op.string: {
      const line = input.line();
      return stack.push(orFail(input, quotedText(line), line));
    }
    case Op.binString:
      return stack.push(input.latin1(input.uint32()));
    case Op.shortBinString:
      return stack.push(input.latin1(input.uint8()));
    case Op.binBytes:
      return stack.push(input.bytes(input.uint32()));
    case Op.shortBinBytes:
      return stack.push(input.bytes(input.uint8()));
    case Op.binBytes8:
    case Op.byteArray8:
      return stack.push(input.bytes(input.length64()));
    default:
      return false;
  }
}

function readContainer(opcode: number, stack: PickleStack): boolean {
  switch (opcode) {
    case Op.mark:
      return stack.mark();
    case Op.pop:
      return stack.pop();
    case Op.popMark:
      stack.sinceMark();
      return true;
    case Op.dup:
      return stack.push(stack.top());
    case Op.emptyDict:
      return stack.push(stack.newDict([]));
    case Op.dict:
      return stack.push(stack.newDict(stack.sinceMark()));
    case Op.setItem:
      return stack.setItems(stack.lastOnes(2));
    case Op.setItems:
      return stack.setItems(stack.sinceMark());
    case Op.emptyList:
    case Op.emptyTuple:
    case Op.emptySet:
      return stack.push([]);
    case Op.list:
    case Op.tuple:
    case Op.frozenSet:
      return stack.push(stack.sinceMark());
    case Op.tuple1:
    case Op.tuple2:
    case Op.tuple3:
      return stack.push(stack.lastOnes(opcode - Op.tuple1 + 1));
    case Op.append:
      return stack.append(stack.lastOnes(1));
    case Op.appends:
    case Op.addItems:
      return stack.append(stack.sinceMark());
    default:
      return false;
  }
}

function readMemo(opcode: number, input: PickleBytes, stack: PickleStack): boolean {
  switch (opcode) {
    case Op.put:
      return stack.put(memoIndex(input));
    case Op.binPut:
      return stack.put(input.uint8());
    case Op.longBinPut:
      return stack.put(input.uint32());
    case Op.memoize:
      return stack.memoize();
    case Op.get:
      return stack.get(memoIndex(input));
    case Op.binGet:
      return stack.get(input.uint8());
    case Op.longBinGet:
      return stack.get(input.uint32());
    default:
      return false;
  }
}

/** A frame's length says how much may be read ahead; with all of the file at hand it only tells whether the file is whole. */
function readFrame(opcode: number, input: PickleBytes): boolean {
  if (opcode === Op.frame) {
    input.length64();
    return true;
  }
  if (opcode !== Op.proto) return false;
  const protocol = input.uint8();
  if (protocol > newestProtocol) input.fail(`found protocol ${protocol}, expected 0 to ${newestProtocol}`);
  return true;
}

function memoIndex(input: PickleBytes): number {
  const line = input.line();
  const index = /^\d{1,10}$/.test(line) ? exact(BigInt(line)) : undefined;
  return Number(orFail(input, index, line));
}

function orFail<T>(input: PickleBytes, value: T | undefined, found: string): T {
  if (value === undefined) input.fail(`found ${JSON.stringify(found.slice(0, 80))}, which this opcode does not allow`);
  return value;
}
