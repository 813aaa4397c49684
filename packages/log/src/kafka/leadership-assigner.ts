/** Leaves the one partition of a topic with whoever owns it: a watch that joins or returns must not move the lead. */
import kafkajs, { type PartitionAssigner } from "kafkajs";

const NAME = "lockstep-leader";
const VERSION = 1;
const { MemberAssignment, MemberMetadata } = kafkajs.AssignerProtocol;

/** `ledAt` tells when the last term of this member began, ms since 1970; 0: it has led never. */
export function createStickyAssigner(topic: string, ledAt: () => number): PartitionAssigner {
  return () => ({
    name: NAME,
    version: VERSION,
    protocol({ topics }) {
      const metadata = MemberMetadata.encode({ version: VERSION, topics, userData: Buffer.from(String(ledAt())) });
      return { name: NAME, metadata };
    },
    async assign({ members }) {
      const chosen = newestLeader(
        members.map(({ memberId, memberMetadata }) => ({
          memberId,
          ledAt: Number(MemberMetadata.decode(memberMetadata)?.userData.toString()) || 0,
        })),
      );
      return members.map(({ memberId }) => ({
        memberId,
        memberAssignment: MemberAssignment.encode({
          version: VERSION,
          assignment: memberId === chosen ? { [topic]: [0] } : {},
          userData: Buffer.alloc(0),
        }),
      }));
    },
  });
}

type Candidate = { readonly memberId: string; readonly ledAt: number };

/** The one that led last; where none has, the first by name. */
export function newestLeader(candidates: readonly Candidate[]): string | undefined {
  return [...candidates].sort((a, b) => b.ledAt - a.ledAt || (a.memberId < b.memberId ? -1 : 1))[0]?.memberId;
}
