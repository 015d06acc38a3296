package shardline.kcl;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * What a worker did, as lines of fields parted by tabs, the first being the wall's time in epoch
 * milliseconds. The lines of one call are written at once
 * and are in the file, for whoever reads it, when the call returns; a worker that is killed leaves
 * at most its last line unfinished.
 */
final class Journal {
    private final FileChannel file;

    Journal(Path path) throws IOException {
        file = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    void add(String... fields) {
        addAll(List.of(String.join("\t", fields)));
    }

    synchronized void addAll(List<String> lines) {
        String now = System.currentTimeMillis() + "\t";
        StringBuilder text = new StringBuilder();
        lines.forEach(line -> text.append(now).append(line).append('\n'));
        ByteBuffer left = ByteBuffer.wrap(text.toString().getBytes(StandardCharsets.UTF_8));
        try {
            while (left.hasRemaining()) {
                file.write(left);
            }
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }
}
