import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.HexFormat;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** `java ReadZip.java ARCHIVE`: of each entry the name (hexadecimal UTF-8), and size and CRC-32 of the bytes that were read. */
class ReadZip {
    public static void main(String[] arguments) throws Exception {
        byte[] buffer = new byte[1 << 16];
        StringBuilder said = new StringBuilder();
        try (ZipFile archive = new ZipFile(arguments[0])) {
            for (ZipEntry entry : Collections.list(archive.entries())) {
                CRC32 crc = new CRC32();
                long size = 0;
                try (var data = archive.getInputStream(entry)) {
                    for (int read = data.read(buffer); read >= 0; read = data.read(buffer)) {
                        crc.update(buffer, 0, read);
                        size += read;
                    }
                }
                String name = HexFormat.of().formatHex(entry.getName().getBytes(StandardCharsets.UTF_8));
                said.append(name).append(' ').append(size).append(' ').append(crc.getValue()).append('\n');
            }
        }
        System.out.print(said);
    }
}
