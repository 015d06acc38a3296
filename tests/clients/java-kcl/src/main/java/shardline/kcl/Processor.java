package shardline.kcl;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import software.amazon.kinesis.exceptions.InvalidStateException;
import software.amazon.kinesis.exceptions.ShutdownException;
import software.amazon.kinesis.lifecycle.events.InitializationInput;
import software.amazon.kinesis.lifecycle.events.LeaseLostInput;
import software.amazon.kinesis.lifecycle.events.ProcessRecordsInput;
import software.amazon.kinesis.lifecycle.events.ShardEndedInput;
import software.amazon.kinesis.lifecycle.events.ShutdownRequestedInput;
import software.amazon.kinesis.processor.RecordProcessorCheckpointer;
import software.amazon.kinesis.processor.ShardRecordProcessor;
import software.amazon.kinesis.retrieval.KinesisClientRecord;

/** Writes each record of a shard into the journal, and checkpoints after every n-th batch. */
final class Processor implements ShardRecordProcessor {
    private final Journal journal;
    private final int batchesPerCheckpoint;
    private final MessageDigest md5 = md5();
    private String shard;
    private String last;
    private int batches;

    Processor(Journal journal, int batchesPerCheckpoint) {
        this.journal = journal;
        this.batchesPerCheckpoint = batchesPerCheckpoint;
    }

    @Override
    public void initialize(InitializationInput input) {
        shard = input.shardId();
        journal.add("start", shard, input.extendedSequenceNumber().sequenceNumber());
    }

    @Override
    public void processRecords(ProcessRecordsInput input) {
        List<String> lines = new ArrayList<>();
        for (KinesisClientRecord record : input.records()) {
            lines.add(String.join("\t", "record", shard, record.sequenceNumber(),
                    String.valueOf(record.subSequenceNumber()), record.partitionKey(),
                    digest(record.data())));
        }
        if (lines.isEmpty()) {
            return;
        }
        journal.addAll(lines);
        last = input.records().get(lines.size() - 1).sequenceNumber();
        if (++batches % batchesPerCheckpoint == 0) {
            checkpoint(input.checkpointer());
        }
    }

    @Override
    public void leaseLost(LeaseLostInput input) {
        if (shard != null) { // else the lease went before the work began
            journal.add("lost", shard);
        }
    }

    @Override
    public void shardEnded(ShardEndedInput input) {
        journal.add("ended", shard); // first: once it is checkpointed others may begin children
        try {
            input.checkpointer().checkpoint();
        } catch (ShutdownException | InvalidStateException failed) {
            journal.add("no-checkpoint", shard, failed.toString());
        }
    }

    @Override
    public void shutdownRequested(ShutdownRequestedInput input) {
        if (last != null) {
            checkpoint(input.checkpointer());
        }
    }

    private void checkpoint(RecordProcessorCheckpointer checkpointer) {
        try {
            checkpointer.checkpoint();
            journal.add("checkpoint", shard, last);
        } catch (ShutdownException | InvalidStateException failed) {
            journal.add("no-checkpoint", shard, failed.toString()); // the lease went to another
        }
    }

    private String digest(ByteBuffer data) {
        md5.update(data);
        return HexFormat.of().formatHex(md5.digest());
    }

    private static MessageDigest md5() {
        try {
            return MessageDigest.getInstance("MD5");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
