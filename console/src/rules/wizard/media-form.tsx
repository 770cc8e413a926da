import Checkbox from "@cloudscape-design/components/checkbox";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { PickOne } from "../../parts/pick-one";
import { VIDEOS, VOICES } from "../options";
import type { Drafting } from "./drafting";
import { More } from "./more";

const PREPARED = [
  ["decrypt", "Deliver encrypted media in the clear", "Needs a registered certificate with its key."],
  ["verify_signatures", "Check media against their signatures", ""],
  ["stitch", "Join related media of records without their own", "One sound file a record."],
  ["original_xml", "Deliver each medium's original XML beside it", ""],
] as const;

/** What is done with media before they are delivered. */
export function MediaForm({ draft, change, wrong }: Drafting) {
  const { media } = draft;
  const put = (part: Partial<typeof media>) => change({ media: { ...media, ...part } });
  const said = wrong("media");
  return (
    <More
      title="Media"
      description="Decrypt, check, join and convert. Originals stay as they are."
      wrong={said !== undefined}
    >
      <SpaceBetween size="s">
        {PREPARED.map(([name, label, description]) => (
          <Checkbox
            key={name}
            checked={media[name]}
            description={wrong(`media.${name}`) ?? description}
            onChange={({ detail }) => put({ [name]: detail.checked })}
          >
            {label}
          </Checkbox>
        ))}
      </SpaceBetween>
      <ColumnLayout columns={3}>
        <PickOne
          label="Voice"
          value={media.voice_format}
          options={VOICES}
          error={wrong("media.voice_format")}
          onChange={(voice_format) => put({ voice_format })}
        />
        <PickOne
          label="Video"
          value={media.video_format}
          options={VIDEOS}
          error={wrong("media.video_format")}
          onChange={(video_format) => put({ video_format })}
        />
        <PickOne
          label="Screens"
          value={media.screen_format}
          options={VIDEOS}
          error={wrong("media.screen_format")}
          onChange={(screen_format) => put({ screen_format })}
        />
      </ColumnLayout>
    </More>
  );
}
